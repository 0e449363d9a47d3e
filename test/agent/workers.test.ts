/** Workers that come and go while memwatch is attached: nothing that is asked of them harms the process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import type { WorkerThread } from '#memwatch/agent/session/workers.js';
import { memwatch } from '../support/memwatch.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

/** Each worker runs for `lifeMs`; after `most` none is started. */
const shortLived = (lifeMs: number, most: number): string => `
  const { Worker } = require('node:worker_threads');
  let started = 0;
  const start = () => {
    if (++started > ${most}) return;
    const worker = new Worker('let s = 0; setInterval(() => { for (let i = 0; i < 1e5; i++) s += i; }, 5)', { eval: true });
    worker.on('error', (error) => console.log('failed:', error.message));
    worker.on('online', () => setTimeout(() => worker.terminate().then(start), ${lifeMs}));
  };
  for (let i = 0; i < 3; i++) start();
  setInterval(() => {}, 1000);
  console.log('ready');`;

for (const node of testedMajors) {
  test(`on Node ${node}, workers that are terminated while they are asked do not take the process with them`, async (t) => {
    const target = await startSource(t, shortLived(50, 1000), { node, kind: 'cjs' });
    let asked = 0;
    let ended = 0;
    await withAttachment({ kind: 'pid', pid: target.pid }, {}, async (attachment) => {
      const ask = async (worker: WorkerThread): Promise<void> => {
        const one = () =>
          evaluate(worker.session, () => process.version, [], { mayNeedRequire: true, timeoutMs: 1000 });
        while (!worker.session.closed.aborted)
          await one().then(
            () => asked++,
            () => sleep(1), // it is ending; a connection that is closing fails at once, and could not close meanwhile
          );
        ended++;
      };
      attachment.onWorker((worker) => void ask(worker));
      await attachment.workers();
      const isDead = () => attachment.main.closed.aborted;
      await eventually('20 workers have ended', () => ended >= 20 || isDead(), 120_000);
    });
    assert.ok(asked > 0, `they were asked ${asked} times`);
    assert.deepEqual([target.child.exitCode, target.child.signalCode], [null, null]);
    assert.doesNotMatch(target.output(), /failed/);
  });

  test(`on Node ${node}, a profile of all threads and a dump succeed although workers begin and end all the time`, async (t) => {
    const target = await startSource(t, shortLived(300, 1000), { node, kind: 'cjs' });
    const run = await memwatch(['cpu', String(target.pid), '--threads', 'all', '-d', '3s', '--json']);
    assert.equal(run.code, 0, run.stderr);
    const { threads } = JSON.parse(run.stdout) as { threads: { name: string }[] };
    assert.equal(threads[0]?.name, 'main thread');
    for (let dumps = 0; dumps < 3; dumps++) {
      const dump = await memwatch(['dump', String(target.pid), '--json']);
      assert.equal(dump.code, 0, dump.stderr);
      assert.equal(JSON.parse(dump.stdout).threads[0].worker, 'main thread');
    }
    assert.deepEqual([target.child.exitCode, target.child.signalCode], [null, null]);
  });
}
