import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attach } from '#memwatch/agent/attach/attach.js';
import { memwatchJson } from '../support/memwatch.js';
import { nodeVersions, type NodeMajor } from '../support/nodes.js';
import { printedLine, startSource, temporaryFolder } from '../support/targets.js';
import { noPortOpen } from '../support/waiting.js';

/** Blocks its loop in each of these ways, one after the other, as long as `goesOn()`. */
const ways = {
  busy: 'while (goesOn()) Math.sqrt(2)',
  atomics: 'while (goesOn()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)',
  execSync: `while (goesOn()) require('node:child_process').execSync('sleep 0.05')`,
  promises: 'while (goesOn()) await undefined',
  promisesAndTicks: 'while (goesOn()) await new Promise((resolve) => process.nextTick(resolve))',
};

const blocking = (folder: string): string => `
  const inspector = require('node:inspector');
  const { existsSync } = require('node:fs');
  const { setTimeout: sleep } = require('node:timers/promises');
  const ways = { ${Object.entries(ways).map(([name, block]) => `${name}: async (goesOn) => { ${block} }`)} };
  (async () => {
    for (const [name, block] of Object.entries(ways)) {
      await sleep(100);
      console.log('ready', name);
      await block(() => !existsSync(${JSON.stringify(folder)} + '/' + name));
      await sleep(500);
      const left = [inspector.url(), process.debugPort, Reflect.get(process, Symbol.for('memwatch')) ?? 'no guard'];
      console.log('after', name, JSON.stringify(left));
    }
    setInterval(() => {}, 1000);
  })();`;

for (const node of Object.keys(nodeVersions).map(Number) as NodeMajor[]) {
  test(`a blocked loop of Node ${node} does not open its inspector again when memwatch has left`, async (t) => {
    const folder = temporaryFolder(t);
    const target = await startSource(t, blocking(folder), { node, kind: 'cjs' });
    for (const way of Object.keys(ways)) {
      await printedLine(target, new RegExp(`ready ${way}`));
      const attachment = await attach({ kind: 'pid', pid: target.pid, worker: undefined });
      assert.equal(attachment.opened, true);
      await attachment.detach();
      await noPortOpen(target.pid);
      writeFileSync(join(folder, way), '');
      await printedLine(target, new RegExp(`after ${way} .*\\n`));
      assert.match(target.output(), new RegExp(`after ${way} \\[null,9229,"no guard"\\]`));
      await noPortOpen(target.pid);
    }
    const detached = await memwatchJson(['detach', String(target.pid)]);
    assert.equal(detached['closed'], false);
    assert.equal(target.child.exitCode, null);
  });
}
