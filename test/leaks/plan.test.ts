/** What a search may use and how long it takes, and the limits of a scenario: all decided from figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnapshotEstimate } from '#memwatch/captures/estimate.js';
import { MemwatchError } from '#memwatch/errors.js';
import {
  estimateLeakSearch,
  gateRoundsFor,
  suspectedRoundsFor,
  searchTime,
  usualRounds,
} from '#memwatch/leaks/duration.js';
import { evidenceFor } from '#memwatch/leaks/evidence.js';
import { checkLimits, parseLimits } from '#memwatch/leaks/limits.js';
import { reading } from '../support/check-report.js';

/** A heap of 100 MB on a machine with room for it. */
const estimate = (values: Partial<SnapshotEstimate> = {}): SnapshotEstimate =>
  ({
    heapUsedBytes: 1e8,
    pauseUs: 1e6,
    mostPauseUs: 2e6,
    likelyExtraBytes: 1e8,
    extraBytes: 2e8,
    limitKnown: true,
    hiddenAbove: false,
    room: { of: 'the host', availableBytes: 1e9 },
    enough: true,
    censusFits: true,
    mostCensusPauseUs: 4e5,
    mostCollectionUs: 1e5,
    collectionFits: true,
    fileBytes: 2e8,
    ...values,
  }) as SnapshotEstimate;
const plain = { light: false, force: false };

test('snapshots are the evidence, if they fit and nothing forbids them', () => {
  assert.deepEqual(evidenceFor(estimate(), plain), { snapshots: true, counts: true, collects: true, warnings: [] });
  assert.deepEqual(evidenceFor(estimate(), { ...plain, light: true }), { snapshots: false, counts: true, collects: true, warnings: [] }); // prettier-ignore
});

test('without memory the next weaker evidence is used, and the report says why; --force overrides it', () => {
  const noSnapshot = evidenceFor(estimate({ enough: false }), plain);
  assert.deepEqual([noSnapshot.snapshots, noSnapshot.counts], [false, true]);
  assert.match(noSnapshot.warnings[0] ?? '', /^no heap snapshots: one of a heap of 95\.4 MB takes an estimated/);
  const noCensus = evidenceFor(estimate({ enough: false, censusFits: false }), plain);
  assert.deepEqual([noCensus.snapshots, noCensus.counts], [false, false]);
  assert.match(noCensus.warnings[0] ?? '', /^only sampled allocations: there is not enough memory/);
  const none = { enough: false, censusFits: false, collectionFits: false };
  const noCollection = evidenceFor(estimate(none), plain);
  assert.equal(noCollection.collects, false);
  assert.match(
    noCollection.warnings[0] ?? '',
    /^only sampled allocations, without collections of garbage: there is not/,
  );
  assert.deepEqual([evidenceFor(estimate(none), { ...plain, force: true }).snapshots], [true]);
});

test('--max-pause allows what never stops the target for longer', () => {
  const within = (maxPauseMs: number) => evidenceFor(estimate(), { ...plain, maxPauseMs });
  const used = [3000, 1000, 200, 50].map((ms) => within(ms)).map(({ snapshots, counts, collects }) => [snapshots, counts, collects]); // prettier-ignore
  assert.deepEqual(used, [[true, true, true], [false, true, true], [false, false, true], [false, false, false]]); // prettier-ignore
  assert.match(within(1000).warnings[0] ?? '', /^--max-pause allows only counts of objects and sampled allocations/);
  assert.match(within(50).warnings[0] ?? '', /only sampled allocations, without collections of garbage/);
});

test('the time of a search grows with the heap, and with nothing found it is at least that of a clean verdict', () => {
  const small = estimateLeakSearch(estimate({ heapUsedBytes: 1e7, pauseUs: 1e5 }), usualRounds);
  const large = estimateLeakSearch(estimate({ heapUsedBytes: 1e9, pauseUs: 1e7 }), usualRounds);
  assert.ok(small.cleanMs >= 20_000 && small.leakMs < large.leakMs && small.cleanMs < large.cleanMs);
  const without = estimateLeakSearch(estimate({ enough: false }), usualRounds);
  assert.equal(without.cleanMs, without.leakMs, 'no snapshots are taken');
});

test('where each snapshot stops the target for long, more of the rounds are counted and fewer are compared', () => {
  const roundsFor = (pauseUs: number) => [
    gateRoundsFor(estimate({ pauseUs })),
    suspectedRoundsFor(estimate({ pauseUs })),
  ];
  assert.equal(suspectedRoundsFor(estimate({ pauseUs: 2e6 }), true), 2, 'of what rises evenly');
  assert.deepEqual([2e6, 4e6, 12e6].map(roundsFor), [[2, 3], [3, 2], [4, 2]]); // prettier-ignore
});

test('the time is given in steps of five seconds, or in minutes with two digits', () => {
  assert.equal(searchTime({ cleanMs: 33_100, leakMs: 138_000 }), 'about 35 s if nothing grows, else about 2.3 min');
  assert.equal(searchTime({ cleanMs: 1000, leakMs: 1000 }), 'about 5 s');
});

test('limits are read as they are written, and an error names the limit', () => {
  assert.deepEqual(parseLimits({ maxGrowth: '1mb', maxPause: '50ms', maxHeap: 4096 }), { maxGrowth: 2 ** 20, maxPause: 50_000, maxHeap: 4096, maxWaste: undefined }); // prettier-ignore
  assert.deepEqual(parseLimits({}), {
    maxGrowth: undefined,
    maxHeap: undefined,
    maxPause: undefined,
    maxWaste: undefined,
  });
  assert.throws(() => parseLimits({ maxPause: 'soon' }), (error) => error instanceof MemwatchError && error.message.startsWith('max-pause: ')); // prettier-ignore
});

test('growth is the median of the rounds for as many calls as the first has; the heap and pauses are the highest', () => {
  const readings = [0, 100, 250, 9000, 9100].map((kilobytes) => reading({ heapUsedBytes: kilobytes * 1000, externalBytes: 0, longestGcPauseUs: kilobytes })); // prettier-ignore
  const results = checkLimits({ maxGrowth: 120_000, maxHeap: 1e6, maxPause: 9100 }, readings, [10, 10, 10, 10]);
  assert.deepEqual(
    results.map(({ name, measured, exceeded }) => [name, measured, exceeded]),
    [['max-growth', 100_000, false], ['max-heap', 9_100_000, true], ['max-pause', 9100, false]], // prettier-ignore
  );
  const longer = checkLimits({ maxGrowth: 1 }, readings.slice(0, 2), [10]).concat(checkLimits({ maxGrowth: 1 }, readings.slice(1, 3), [10])); // prettier-ignore
  assert.deepEqual(longer.map(({ measured }) => measured), [100_000, 150_000]); // prettier-ignore
  assert.deepEqual(checkLimits({}, readings, [10]), []);
});
