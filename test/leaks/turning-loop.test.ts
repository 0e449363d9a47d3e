/** A search begins only on a target whose event loop turns; a worker that only answers between jobs may be searched, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectGarbage, turnsLoop } from '#memwatch/agent/capture/collect-garbage.js';
import { MemwatchError } from '#memwatch/errors.js';
import { requireTurningLoop } from '#memwatch/leaks/turning-loop.js';
import { drawAttachment, drawSession, drawWorker, valueOf } from '../support/drawn-session.js';

const silent = () => {
  throw new MemwatchError('no-answer', 'no answer to Runtime.evaluate within 10 s');
};

const setUp = () => {
  const warnings: string[] = [];
  const said: string[] = [];
  const signal = new AbortController().signal;
  return { warnings, said, io: { signal, progress: (text: string) => void said.push(text), warn: (text: string) => void warnings.push(text) } }; // prettier-ignore
};

test('a loop that turns is all that is needed, and nothing is printed', async () => {
  const { io, warnings, said } = setUp();
  const { session, sent } = drawSession({ 'Runtime.evaluate': () => valueOf(true) });
  await requireTurningLoop(drawAttachment(session), io);
  assert.deepEqual([sent, warnings, said], [['Runtime.evaluate'], [], []]);
});

test('a process whose loop is blocked is named, with the command that shows what blocks it', async () => {
  const { io } = setUp();
  const { session } = drawSession({ 'Runtime.evaluate': silent });
  await assert.rejects(requireTurningLoop(drawAttachment(session, { pid: 4242 }), io), (error) => {
    assert.ok(error instanceof MemwatchError);
    assert.equal(error.code, 'no-answer');
    assert.equal(error.message, 'process 4242 is blocked: its event loop has not run for 10 s');
    assert.equal(error.hint, 'run memwatch cpu 4242 to see what blocks it');
    return true;
  });
  await assert.rejects(requireTurningLoop(drawAttachment(session), io), /^MemwatchError: the target is blocked/);
});

test('an error that is not silence is passed on as it is', async () => {
  const { io } = setUp();
  const gone = new MemwatchError('disconnected', 'process 4242 ended');
  const { session } = drawSession({
    'Runtime.evaluate': () => {
      throw gone;
    },
  });
  await assert.rejects(requireTurningLoop(drawAttachment(session), io), (error) => error === gone);
});

test('a worker that never gets back to its loop is searched, with a warning, and its garbage is collected without it', async () => {
  const { io, warnings } = setUp();
  const blocked = drawSession({
    'Runtime.evaluate': ({ awaitPromise }) => (awaitPromise === true ? silent() : valueOf({})),
    'Runtime.queryObjects': () => ({ objects: { objectId: '2' } }),
  });
  const worker = drawWorker('3', blocked.session);
  await requireTurningLoop(drawAttachment(blocked.session, { worker }), io);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^\[worker 3\] queue does not get back to its event loop/);
  blocked.sent.length = 0;
  await collectGarbage(blocked.session, 1000);
  assert.deepEqual(blocked.sent, [
    'Runtime.evaluate',
    'Runtime.queryObjects',
    'Runtime.releaseObject',
    'Runtime.releaseObject',
  ]);
  blocked.sent.length = 0;
  assert.equal(await turnsLoop(blocked.session, 1000), false);
  assert.deepEqual(blocked.sent, [], 'a question would stay there as a promise');
});

test('the garbage of a worker whose loop turns is collected as that of any thread', async () => {
  const { io, warnings } = setUp();
  const { session, sent } = drawSession({ 'Runtime.evaluate': () => valueOf(true) });
  await requireTurningLoop(drawAttachment(session, { worker: drawWorker('3', session) }), io);
  assert.deepEqual(warnings, []);
  sent.length = 0;
  await collectGarbage(session, 1000);
  assert.deepEqual(sent, ['HeapProfiler.collectGarbage']);
});
