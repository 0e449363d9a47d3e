/** What runs in a target has the same text each time: V8 keeps every other text that it compiled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { printedLine, startSource } from '../support/targets.js';

test('sixty visits leave nothing that grows in the heap of a target', async (t) => {
  const source = `
    let asked = 0;
    process.stdin.on('data', () => {
      for (let i = 0; i < 4; i++) gc();
      setTimeout(() => { gc(); console.log('heap ' + ++asked + ' ' + process.memoryUsage().heapUsed); }, 20);
    });
    console.log('ready');`;
  const flags = ['--expose-gc', '--inspect-port=0'];
  const target = await startSource(t, source, { node: 22, kind: 'cjs', flags, stdin: 'pipe' });
  const heapUsedBytes = async (asked: number): Promise<number> => {
    target.child.stdin?.write('heap\n');
    const line = new RegExp(`heap ${asked} (\\d+)\\n`);
    await printedLine(target, line);
    return Number(line.exec(target.output())?.[1]);
  };
  const visit = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++)
      await withAttachment({ kind: 'pid', pid: target.pid, worker: undefined }, {}, async () => {});
  };
  await visit(20); // what Node and V8 make once
  const waits = process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
  assert.deepEqual(waits, [], 'a command of memwatch that has left ends at once');
  const before = await heapUsedBytes(1);
  await visit(40);
  const perVisit = ((await heapUsedBytes(2)) - before) / 40;
  assert.ok(perVisit < 4096, `${perVisit} bytes a visit`);
});
