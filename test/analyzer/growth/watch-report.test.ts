/** A watch in words: what was looked at, what was not, and how fast everything grows at most. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeBounds, withHeapSeen, workerHeap } from '#memwatch/analyzer/growth/readings/bounds.js';
import {
  coverageOf,
  renderBounds,
  undecidedOf,
  watchedMs,
  type Watch,
} from '#memwatch/analyzer/growth/watch-report.js';
import type { ProcessReading } from '#memwatch/analyzer/model/process-reading.js';
import { reading } from '../../support/check-report.js';

const allowedMs = 60_000;
const seconds = 40;

const watch = (change: (second: number) => Partial<ProcessReading> = () => ({})): Watch => {
  const readings = Array.from({ length: seconds + 1 }, (_, second): ProcessReading => ({
    ...reading(),
    atMs: 5000 + second * 1000,
    allocatedBytes: 500_000,
    cpuUs: 50_000,
    childrenRssBytes: 0,
    workers: [],
    codeBytes: null,
    ...change(second),
  }));
  const heapBytes = readings.map(({ heapUsedBytes }) => heapUsedBytes);
  return { readings, known: computeBounds(readings, allowedMs), heapBytes, allowedMs, classes: 80 };
};

const worker = (id: string, heapUsedBytes: number | null) => ({
  id,
  title: `[worker ${id}]`,
  heapUsedBytes,
  heapTotalBytes: heapUsedBytes,
  silence: heapUsedBytes === null ? 'it is busy' : null,
});

test('the time of a watch is that between its first reading and its last', () => {
  assert.equal(watchedMs(watch()), seconds * 1000);
  assert.equal(watchedMs({ ...watch(), readings: [] }), 0);
});

test('all handles are named together, and each quantity has its bounds', () => {
  const { looked, bounds } = coverageOf(watch(() => ({ resources: { Timeout: 2, TCPSocketWrap: 9 } })));
  assert.ok(looked.includes('JavaScript heap'));
  assert.deepEqual(looked.slice(-2), ['handles (TCPSocketWrap, Timeout)', 'classes and collections']);
  assert.ok(bounds.some(({ of }) => of === 'Timeout'));
  assert.equal(coverageOf(watch()).looked.some((one) => one.startsWith('handles')), false); // prettier-ignore
});

test('what was not looked at is listed: rare work, slow growth, what the system hides, a worker that does not answer', () => {
  const whatNot = (one: Watch): string[] => coverageOf(one).notLooked.map(({ what }) => what);
  const rare = `work that occurs less often than every ${seconds} s`;
  const slow = 'growth of the heap by less than 4.27 KB/s that no count of objects shows';
  assert.deepEqual(whatNot(watch()), [rare, slow]);
  assert.deepEqual(whatNot(watch(() => ({ fileDescriptors: null, workers: [worker('3', null)] }))), [
    'file descriptors, threads and child processes',
    '[worker 3]',
    rare,
    slow,
  ]);
});

test('each worker has a verdict of its own: clean if its heap is excluded, open if it is not', () => {
  const { threads } = coverageOf(
    watch((second) => ({ workers: [worker('1', 5e6), worker('2', 5e6 + 90_000 * second)] })),
  );
  assert.deepEqual(threads, [
    { worker: '1', verdict: 'clean' },
    { worker: '2', verdict: 'inconclusive' },
  ]);
});

test("growth that nothing named holds is an open question, but a worker's heap is not part of it", () => {
  const grows = watch((second) => ({
    heapUsedBytes: 4e6 + 40_000 * second,
    workers: [worker('2', 5e6 + 90_000 * second)],
    resources: { Timeout: 2 + second },
  }));
  assert.ok(grows.known.some(({ of, state }) => of === workerHeap('2') && state === 'grows'));
  const [heap, timers, ...others] = undecidedOf(grows);
  assert.match(
    heap ?? '',
    /^the heap grew by 1\.53 MB in 40 s \(95 %: .*\/s\), and memwatch found no object that retains it$/,
  );
  assert.match(timers ?? '', /^Timeout grew by 40 .*retains it; they may still run and go away$/);
  assert.deepEqual(others, []);
});

test('before the first look only the heap is reported as open, with an unknown rate', () => {
  const { readings, ...rest } = watch();
  const few = readings.slice(0, 2);
  const early = { ...rest, readings: few, known: computeBounds(few, allowedMs) };
  assert.deepEqual(undecidedOf(early), ['the heap grew by 0 B in 1 s: --max-time 2m would settle it']);
  assert.match(renderBounds(early), /^the heap grows by less than an unknown rate \(95 %\)/);
});

test('snapshots that rule out growth of the heap do not rule out growth of what has too few readings', () => {
  const { readings, ...rest } = watch((second) => ({ externalBytes: 20e6 * second }));
  const few = readings.slice(0, 9);
  const seen = withHeapSeen(computeBounds(few, allowedMs), { estimate: 0, low: 0, high: 0 }, 10_000).map((known) =>
    known.of === 'JavaScript heap' ? { ...known, state: 'excluded' as const } : known,
  );
  const [reason, ...others] = undecidedOf({ ...rest, readings: few, known: seen });
  assert.deepEqual(others, []);
  assert.match(reason ?? '', /^there were too few readings of .*external memory.* --max-time 2m would settle it$/);
});

test('without any reading nothing is claimed about growth', () => {
  const empty = { readings: [], known: [], heapBytes: [], allowedMs, classes: 0 };
  assert.equal(renderBounds(empty), 'nothing grows');
  assert.deepEqual(coverageOf(empty), { bounds: [], looked: [], notLooked: [], threads: [] });
});
