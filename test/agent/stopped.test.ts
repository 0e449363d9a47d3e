/** How long a command waits for a process that is stopped. Time is simulated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bounded } from '#memwatch/agent/session/protocol.js';

test('a command does not wait its whole time for a process that is stopped, but waits out a short stop', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  let stopped = true;
  const session = { closed: new AbortController().signal, isStopped: () => stopped };
  let said = '';
  const ask = (): Promise<unknown> => bounded(new Promise(() => {}), 'Profiler.stop', session, 60_000);
  const end = ask().catch((error: Error) => (said = error.message));
  const pass = async (ms: number): Promise<void> => {
    t.mock.timers.tick(ms);
    await new Promise((go) => setImmediate(go));
  };
  await pass(8000);
  stopped = false;
  await pass(1000);
  stopped = true;
  await pass(8000);
  assert.equal(said, '');
  await pass(3000);
  assert.equal(said, 'no answer to Profiler.stop within 10 s');
  await end;
});
