import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  computeBounds,
  workerHeap,
  type Known,
  compiledCode,
  withHeapSeen,
  withKnownBefore,
} from '#memwatch/analyzer/growth/readings/bounds.js';
import {
  externalMemory,
  fileDescriptors,
  heapMemory,
  nativeMemory,
} from '#memwatch/analyzer/growth/readings/counters.js';
import { verdictOf } from '#memwatch/analyzer/growth/verdict.js';
import { didWork, renderBounds, undecidedOf, type Watch } from '#memwatch/analyzer/growth/watch-report.js';
import type { ProcessReading } from '#memwatch/analyzer/model/process-reading.js';
import { reading } from '../../../support/check-report.js';
import { seeded } from '../../../support/slow.js';

const counters = reading();
const allowedMs = 60_000;

/** Readings of a busy, steady process, one each 700 ms; `change` says what is not steady at which second. */
const watch = (change: (second: number) => Partial<ProcessReading>, count = 60): Watch => {
  const random = seeded(3);
  const readings = Array.from({ length: count }, (_, i): ProcessReading => {
    const second = i * 0.7;
    return {
      ...counters,
      atMs: second * 1000,
      allocatedBytes: 500_000,
      cpuUs: 50_000,
      childrenRssBytes: 0,
      workers: [],
      codeBytes: null,
      heapUsedBytes: 4e6 + Math.round(random() * 100_000),
      ...change(second),
    };
  });
  const heapBytes = readings.map(({ heapUsedBytes }) => heapUsedBytes);
  return { readings, known: computeBounds(readings, allowedMs), heapBytes, allowedMs, classes: 80 };
};

const stateOf = ({ known }: Watch, name: string): Known['state'] | undefined =>
  known.find(({ of }) => of === name)?.state;

test('a steady process is excluded from growth in everything, with its bounds in one sentence', () => {
  const steady = watch(() => ({}));
  assert.deepEqual(new Set(steady.known.map(({ state }) => state)), new Set(['excluded']));
  assert.deepEqual(undecidedOf(steady), []);
  assert.match(renderBounds(steady), /^the heap grows by less than [\d.]+ K?B\/s \(95 %\).*no .*handle/);
});

test('what grows is proved: the heap at 40 KB/s, external memory by 300 KB each 7 s, one file in five seconds', () => {
  const grows = watch((second) => ({
    heapUsedBytes: 4e6 + 40_000 * second,
    externalBytes: 2e6 + 300_000 * Math.floor(second / 7),
    fileDescriptors: 20 + Math.floor(second / 5),
  }));
  for (const name of [heapMemory, externalMemory, fileDescriptors]) assert.equal(stateOf(grows, name), 'grows', name);
});

test('compiled code is not part of the heap: V8 compiles for minutes after a start', () => {
  const warms = watch((second) => ({ heapUsedBytes: 6e6 + 9000 * second, codeBytes: 2e6 + 9000 * second }));
  assert.equal(stateOf(warms, heapMemory), 'excluded');
  assert.equal(stateOf(warms, compiledCode), 'excluded');
  const floods = watch((second) => ({ heapUsedBytes: 6e6 + 200_000 * second, codeBytes: 2e6 + 200_000 * second }));
  assert.equal(stateOf(floods, compiledCode), 'grows');
});

test('what snapshots show to stay replaces what the readings of the heap leave open, and nothing else', () => {
  const { known } = watch((second) => ({ heapUsedBytes: second < 10 ? 4e6 : 4.6e6 }), 30);
  const heapAfter = (high: number): Known | undefined =>
    withHeapSeen(known, { estimate: 0, low: 0, high }, 10_000).find(({ of }) => of === heapMemory);
  assert.equal(heapAfter(900)?.state, 'excluded');
  assert.equal(heapAfter(90_000)?.state, 'open');
  const grows = watch((second) => ({ heapUsedBytes: 4e6 + 40_000 * second }));
  assert.deepEqual(withHeapSeen(grows.known, { estimate: 0, low: 0, high: 900 }, 10_000), grows.known);
});

test('free memory that snapshots left hides growth of native memory, unless that was excluded before them', () => {
  const steady = watch(() => ({}));
  const early = watch(() => ({}), 10);
  const after = (before: Watch, hiddenPerSecond: number): Watch => ({
    ...steady,
    known: withKnownBefore(steady.known, before.known, hiddenPerSecond),
  });
  const hidden = after(early, 2 ** 20);
  assert.equal(stateOf(hidden, nativeMemory), 'open');
  const [reason, ...others] = undecidedOf(hidden);
  assert.match(reason ?? '', /^native memory may grow by up to 1\.00 MB\/s unseen: .*free memory.*--try-trim/);
  assert.deepEqual(others, []);
  assert.equal(stateOf(after(early, 1000), nativeMemory), 'excluded');
  assert.equal(stateOf(after(steady, 1e6), nativeMemory), 'excluded');
});

test('what was excluded before a search stays so if later readings leave it open, but not if they show growth', () => {
  const steady = watch(() => ({}));
  const files = (change: (second: number) => number, count?: number): Known['state'] | undefined => {
    const later = watch((second) => ({ fileDescriptors: change(second) }), count);
    return stateOf({ ...later, known: withKnownBefore(later.known, steady.known, 0) }, fileDescriptors);
  };
  assert.equal(
    files(() => 20, 10),
    'excluded',
  );
  assert.equal(
    files((second) => 20 + Math.floor(5 * second)),
    'grows',
  );
});

test('one step in the heap is neither proved nor excluded, and the time that would settle it is named', () => {
  const step = watch((second) => ({ heapUsedBytes: second < 10 ? 4e6 : 4.6e6 }), 30);
  assert.equal(stateOf(step, heapMemory), 'open');
  assert.match(undecidedOf(step)[0] ?? '', /^the heap grew by .* in 20 s .*: --max-time \d+m would settle it$/);
});

test('growth that is proved is never excluded, however small: a search must tell what it is', () => {
  const creeps = watch((second) => ({ heapUsedBytes: 4e6 + 1500 * second + (second % 3) * 2000 }), 80);
  assert.equal(stateOf(creeps, heapMemory), 'creeps');
  assert.match(undecidedOf(creeps)[0] ?? '', /^the heap grew by .*no object that retains it: --max-time \d+m would/);
});

test("what memwatch's own readings leave in the target is not called growth, nor is an idle target's", () => {
  const own = watch((second) => ({ heapUsedBytes: 4e6 + 200 * second + (second % 3) * 100 }), 80);
  assert.equal(stateOf(own, heapMemory), 'excluded');
  const idle = watch((second) => ({ heapUsedBytes: 4e6 + 1500 * second, allocatedBytes: 3000, cpuUs: 900 }), 80);
  assert.equal(stateOf(idle, heapMemory), 'creeps');
  assert.match(undecidedOf(idle)[0] ?? '', /hardly any work/);
});

test('the least growth that matters is a share of the quantity, which shrinks with the time allowed', () => {
  const large = watch(() => ({ heapUsedBytes: 4e9 })).readings;
  const percentIn = (ms: number): number =>
    ((computeBounds(large, ms).find(({ of }) => of === heapMemory)?.least ?? 0) / 4e9) * 100;
  assert.ok(Math.abs(percentIn(30_000) * 60 - 1) < 1e-9, '1 % a minute within half a minute');
  assert.ok(Math.abs(percentIn(600_000) * 3600 - 1) < 1e-9, '1 % an hour within ten minutes');
});

test('what dies down may be a cache that fills', () => {
  const fills = watch((second) => ({ heapUsedBytes: 4e6 + 2e6 * (1 - Math.exp(-second / 6)) }));
  assert.equal(stateOf(fills, heapMemory), 'slows');
  assert.match(undecidedOf(fills)[0] ?? '', /less at the end/);
});

test('an allocator that comes and goes by megabytes is no native growth; 8 MB a second is', () => {
  const native = (bytes: (second: number) => number, count?: number): Watch =>
    watch((second) => ({ rssBytes: counters.heapTotalBytes + counters.externalBytes + bytes(second) }), count);
  assert.notEqual(
    stateOf(
      native((second) => 40e6 + (second % 3) * 2e6),
      nativeMemory,
    ),
    'grows',
  );
  assert.equal(
    stateOf(
      native((second) => 40e6 + 8e6 * second),
      nativeMemory,
    ),
    'grows',
  );
  assert.equal(
    stateOf(
      native((second) => 40e6 + 200e3 * second, 20),
      nativeMemory,
    ),
    'open', // 3 MB in 14 s, however steady, is seen in most programs after a start: more rounds tell
  );
});

test('the heap of a worker is a separate quantity, and a worker that does not answer leaves the verdict open', () => {
  const worker = (heapUsedBytes: number | null) => ({
    workers: [{ id: '3', title: '[worker 3]', heapUsedBytes, heapTotalBytes: heapUsedBytes, silence: null }],
  });
  assert.equal(
    stateOf(
      watch((second) => worker(5e6 + 90_000 * second)),
      workerHeap('3'),
    ),
    'grows',
  );
  assert.match(undecidedOf(watch(() => worker(null)))[0] ?? '', /\[worker 3\] does not answer/);
  // one that waits now and then is still known by the readings that it answered
  const often = watch((second) => worker(second % 4 === 3 ? null : 5e6 + 90_000 * second));
  assert.equal(stateOf(often, workerHeap('3')), 'grows');
});

test('a process that only waits did no work', () => {
  const idle = watch(() => ({ allocatedBytes: 3000, cpuUs: 900 }));
  assert.equal(didWork(idle), false);
  assert.match(undecidedOf(idle)[0] ?? '', /hardly any work.*--load/);
  const atOnce = watch(() => ({}), 1);
  assert.ok(
    !undecidedOf(atOnce).some((reason) => reason.includes('work')),
    'nothing can be seen before a second reading',
  );
  const busyTwice = watch((second) => ({ allocatedBytes: second > 0.5 && second < 2 ? 130_000 : 3000, cpuUs: 900 }), 4);
  assert.equal(didWork(busyTwice), false, 'a collection of the target shows as work in one reading, now and then');
});

test('a process that works a little, also only now and then, did work', () => {
  assert.equal(didWork(watch(() => ({ allocatedBytes: 80_000, cpuUs: 900 }), 4)), true);
  assert.equal(
    didWork(
      watch((second) => ({ allocatedBytes: 3000, cpuUs: Math.round(second / 0.7) % 3 === 0 ? 60_000 : 900 }), 12),
    ),
    true,
  );
});

test('a verdict is decided in one place: a finding outweighs what is open, and what is open is not clean', () => {
  assert.equal(verdictOf({ findings: 1, undecided: 3 }), 'leak');
  assert.equal(verdictOf({ findings: 0, undecided: 1 }), 'inconclusive');
  assert.equal(verdictOf({ findings: 0, undecided: 0 }), 'clean');
});
