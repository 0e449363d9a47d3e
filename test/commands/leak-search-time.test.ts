import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnapshotEstimate } from '#memwatch/captures/estimate.js';
import { estimateLeakSearch, gateRoundsFor, searchTime, usualRounds } from '#memwatch/leaks/duration.js';

const snapshotOf = (megabytes: number, enough = true): SnapshotEstimate => ({
  heapUsedBytes: megabytes * 1e6,
  objects: undefined,
  leastExtraBytes: megabytes * 1e6,
  leastPauseUs: megabytes * 10_000,
  limitKnown: true,
  hiddenAbove: false,
  censusFits: true,
  extraBytes: megabytes * 35e6,
  likelyExtraBytes: megabytes * 12e6,
  pauseUs: 300_000 + megabytes * 100_000,
  mostPauseUs: megabytes * 260_000,
  fileBytes: megabytes * 2e6,
  room: undefined,
  enough,
});

test('a search takes at least its rounds, and longer if snapshots are expensive', () => {
  const small = estimateLeakSearch(snapshotOf(5), usualRounds);
  assert.equal(gateRoundsFor(snapshotOf(5)), 2);
  assert.ok(small.cleanMs >= 25_000 && small.cleanMs < 27_000);
  assert.ok(small.leakMs >= 6 * usualRounds.intervalMs && small.leakMs < 9 * usualRounds.intervalMs);
  const large = estimateLeakSearch(snapshotOf(115), usualRounds);
  assert.equal(gateRoundsFor(snapshotOf(115)), 4);
  assert.ok(large.leakMs - large.cleanMs > 4 * 11_800, 'four snapshots of 11.8 s are in it');
  assert.match(searchTime(large), /^about \d+ s if nothing grows, else about \d(\.\d)? min$/);
});

test('without room for snapshots, only the rounds that count objects take time', () => {
  const { cleanMs, leakMs } = estimateLeakSearch(snapshotOf(500, false), usualRounds);
  assert.equal(cleanMs, leakMs);
  assert.match(searchTime({ cleanMs, leakMs }), /^about [\d.]+ (s|min)$/);
});
