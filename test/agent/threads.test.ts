/** What keeps a worker from answering, in words: from drawn threads, and from a real worker that reads a pipe. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeWait } from '#memwatch/agent/process/proc.js';
import { describeSilentWorker, silenceOf } from '#memwatch/agent/process/threads.js';
import { stopOf, waitWords } from '#memwatch/agent/process/waits.js';
import { noteSilence } from '#memwatch/commands/record/silence.js';
import { eventually } from '../support/waiting.js';
import { startSource, temporaryFolder } from '../support/targets.js';

const thread = (id: number, name: string, waitsIn: string, cpuUs = 0) => {
  const state = waitsIn === '' ? 'R' : 'S';
  return { id, name, state, isStopped: false, waitsIn, waitsFor: waitWords(waitsIn, state), cpuUs };
};
const ofV8 = [thread(11, 'V8Worker', 'futex_do_wait'), thread(12, 'node-V8Worker', '', 9e6)];
const quiet = [thread(10, 'node', 'do_epoll_wait'), ...ofV8];
const said = (after: ReturnType<typeof thread>[], hasChildren = false, state = 'S'): string => {
  const before = after.map((one) => ({ ...one, cpuUs: 0 }));
  return silenceOf({ pid: 10, state, before, after, hasChildren });
};

test('for a worker that does not answer, the report says what its threads show, and no more', () => {
  assert.equal(said([...quiet, thread(13, 'node', 'anon_pipe_read')]), 'thread 13 waits for a pipe');
  assert.match(said([...quiet, thread(13, 'node', '', 190_000)]), /^it is busy, .* thread 13 uses/);
  assert.match(said([...quiet, thread(13, 'node', 'do_epoll_wait')], true), /may wait for a child process/);
  assert.match(said([...quiet, thread(13, 'node', 'futex_do_wait')]), /^it may run native code/);
  assert.equal(said(quiet, false, 'T'), 'the process is stopped (SIGSTOP); kill -CONT 10 lets it run');
  assert.match(said(quiet, false, 't'), /tracer/);
});

test('a stop by a signal and one by a tracer are different, and nothing else is a stop', () => {
  assert.match(stopOf('T', 7)?.hint ?? '', /kill -CONT 7/);
  assert.match(stopOf('t', 7)?.hint ?? '', /tracer/);
  assert.deepEqual(
    ['R', 'S', 'D', 'Z', 'X', ''].filter((state) => stopOf(state, 7) !== undefined),
    [],
  );
});

test('a silence is noted once, and that it ended; a short one is not', () => {
  const notes: string[] = [];
  const silence = noteSilence((text) => notes.push(text));
  const pass = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) silence.goesOn('it is stopped');
    silence.ends();
  };
  pass(2);
  assert.deepEqual(notes, []);
  pass(5);
  assert.deepEqual(notes, ['it is stopped', 'answers again, after 5 s']);
});

test('a worker, and a main thread, that read a pipe to which nobody writes', async (t) => {
  const pipe = join(temporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const read = `require('node:fs').readFileSync(${JSON.stringify(pipe)})`;
  const main = `new (require('node:worker_threads').Worker)(${JSON.stringify(read)}, { eval: true });`;
  const target = await startSource(t, `${main} console.log('ready'); setTimeout(() => ${read}, 2000)`, {
    node: 20,
    kind: 'cjs',
  });
  let words = '';
  await eventually('the worker waits', async () =>
    /waits for a pipe/.test((words = await describeSilentWorker(target.pid))),
  );
  assert.match(words, /^thread \d+ waits for a pipe$/);
  await eventually('the main thread waits', () => /waits for a pipe/.test(describeWait(target.pid)));
});
