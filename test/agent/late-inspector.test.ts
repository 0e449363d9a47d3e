/** A process that opens its inspector only after memwatch has given up is not left with it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { attach } from '#memwatch/agent/attach/attach.js';
import { processIds, readProcess } from '#memwatch/agent/process/proc.js';
import { memwatchJson } from '../support/memwatch.js';
import type { NodeMajor } from '../support/nodes.js';
import { printedLine, startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

/** Its thread waits for another program until a file is there. */
const startBlocked = async (t: TestContext, node: NodeMajor): Promise<{ target: StartedTarget; file: string }> => {
  const file = join(temporaryFolder(t), 'go');
  const source = `
    const inspector = require('node:inspector');
    console.log('ready');
    require('node:child_process').execSync('while [ ! -e ${file} ]; do sleep 0.1; done');
    setInterval(() => console.log(inspector.url() === undefined ? 'closed' : 'open'), 20);`;
  return { target: await startSource(t, source, { node, kind: 'cjs' }), file };
};

const closersOf = (pid: number): number[] =>
  processIds().filter((id) => {
    const [, program = '', wanted] = readProcess(id)?.command ?? [];
    return program.endsWith('/close-later-worker.js') && wanted === String(pid);
  });

const noCloser = (pid: number): Promise<void> =>
  eventually(`no process of memwatch waits for ${pid}`, () => closersOf(pid).length === 0, 30_000);

for (const node of [20, 26] satisfies NodeMajor[]) {
  test(`an inspector that Node ${node} opens when memwatch has given up is closed by what memwatch leaves`, async (t) => {
    const { target, file } = await startBlocked(t, node);
    const { warnings } = (await memwatchJson(['dump', String(target.pid)])) as { warnings?: string[] };
    assert.match(String(warnings), /if it opens one later, a small memwatch process waits up to/);
    assert.equal(closersOf(target.pid).length, 1);
    writeFileSync(file, '');
    await printedLine(target, /open[\s\S]*?(closed\n){3}/); // Node's own messages may stand between
    await noPortOpen(target.pid);
    await noCloser(target.pid);
    assert.equal(target.child.exitCode, null);
  });
}

test('Ctrl-C while a process does not open its inspector leaves one who closes it, and who ends with that process', async (t) => {
  const { target } = await startBlocked(t, 24);
  const controlC = new AbortController();
  const onProgress = (text: string): void => {
    if (text.includes('to open its inspector')) controlC.abort();
  };
  for (let i = 0; i < 2; i++) {
    const options = { signal: i === 0 ? controlC.signal : AbortSignal.timeout(3000), onProgress };
    await assert.rejects(attach({ kind: 'pid', pid: target.pid, worker: undefined }, options), { code: 'interrupted' });
  }
  await eventually('one waits', () => closersOf(target.pid).length === 1);
  target.child.kill('SIGKILL');
  await noCloser(target.pid);
});
