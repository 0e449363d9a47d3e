/** The body of a test as a subject: its calls are numbered on and on, and the readings hold only what belongs to its thread. */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import type { OwnProcess } from '#memwatch/agent/capture/own-process.js';
import { bodySubject } from '#memwatch/leaks/body-subject.js';

const place = { scriptId: 7, line: 11, column: 2 };

const createOwn = () => {
  const done: string[] = [];
  const own: OwnProcess = {
    collectGarbage: async () => void done.push('collect'),
    captureSnapshot: async (file) => void done.push(`snapshot ${file}`),
    startSampling: async () => void done.push('start'),
    survivors: async () => [],
    locate: async () => place,
    close: async () => {},
  };
  return { own, done };
};

test('calls are numbered over all runs', async () => {
  const seen: number[] = [];
  const subject = await bodySubject((i) => void seen.push(i), null, createOwn().own);
  assert.equal((await subject.run(3, 1, Infinity)).iterations, 3);
  assert.equal((await subject.run(2, 1, Infinity)).iterations, 2);
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  assert.deepEqual([subject.step, subject.body], [null, place]);
});

test('a run ends early only after a whole step, and never before the first', async () => {
  let calls = 0;
  const subject = await bodySubject(() => void calls++, 5, createOwn().own);
  const { iterations } = await subject.run(1_000_000, 5, 0);
  assert.equal(iterations, 5, 'the time was over after the first step');
  assert.deepEqual([calls, subject.step], [5, 5]);
});

test('each call is waited for before the next begins', async () => {
  let running = 0;
  let most = 0;
  const subject = await bodySubject(
    async () => {
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
    },
    null,
    createOwn().own,
  );
  await subject.run(4, 1, Infinity);
  assert.deepEqual([most, running], [1, 0]);
});

test('what the body throws ends the run', async () => {
  const mine = new RangeError('mine');
  const subject = await bodySubject(
    (i) => {
      if (i === 2) throw mine;
    },
    null,
    createOwn().own,
  );
  await assert.rejects(subject.run(10, 1, Infinity), (error) => error === mine);
});

test('a reading collects garbage first, and leaves out what other tests of the process change', async () => {
  const { own, done } = createOwn();
  const subject = await bodySubject(() => {}, null, own);
  const reading = await subject.read();
  assert.deepEqual(done, ['collect']);
  assert.ok(reading.heapUsedBytes > 1e6 && reading.heapTotalBytes >= reading.heapUsedBytes);
  const { rssBytes, threads, fileDescriptors, childProcesses } = reading;
  assert.deepEqual([rssBytes, threads, fileDescriptors, childProcesses], [null, null, null, null]);
});

test('snapshots and samples are those of the process', async () => {
  const { own, done } = createOwn();
  const subject = await bodySubject(() => {}, null, own);
  await subject.startSampling();
  await subject.snapshot('/captures/1.heapsnapshot');
  assert.deepEqual(done, ['start', 'snapshot /captures/1.heapsnapshot']);
  assert.deepEqual(await subject.survivors(), []);
});

test('timers that the body leaves open are seen with the stack that set them', async (t) => {
  const timers: NodeJS.Timeout[] = [];
  t.after(() => timers.forEach(clearTimeout));
  const setOne = (): void => void timers.push(setTimeout(() => {}, 60_000));
  const subject = await bodySubject(setOne, null, createOwn().own);
  const sites = await subject.openings({ types: ['Timeout'], files: false }, 4, 1);
  assert.equal(sites.reduce((sum, { count }) => sum + count, 0), 4); // prettier-ignore
  assert.ok(sites.every(({ stack }) => stack.some((frame) => frame.function === 'setOne')));
  assert.equal(timers.length, 4);
});
