import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnapshotEstimate } from '#memwatch/captures/estimate.js';

import { estimateLeakSearch, gateRoundsFor, searchTime, usualRounds } from '#memwatch/leaks/duration.js';
import { evidenceFor } from '#memwatch/leaks/evidence.js';

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
  mostCensusPauseUs: megabytes * 30_000,
  mostCollectionUs: megabytes * 3000,
  collectionFits: true,
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

test('the strongest evidence whose pauses fit is used, and named', () => {
  const evidence = (maxPauseMs: number | undefined, more: Partial<SnapshotEstimate> = {}, light = false): string => {
    const found = evidenceFor({ ...snapshotOf(10), ...more }, { light, force: false, maxPauseMs });
    const used = Object.entries(found).flatMap(([name, is]) => (is === true ? [name] : []));
    return `${used.join(' ')}: ${found.warnings.join()}`;
  };
  assert.equal(evidence(undefined), 'snapshots counts collects: ');
  assert.equal(evidence(3000), 'snapshots counts collects: ');
  assert.match(evidence(1000), /^counts collects: --max-pause allows only counts .*2\.60 s.*300 ms \(estimated\)$/);
  assert.match(evidence(100), /^collects: --max-pause allows only sampled allocations, which/);
  assert.match(evidence(20), /^: --max-pause allows only sampled allocations, without collections of garbage/);
  assert.equal(evidence(3000, {}, true), 'counts collects: ');
  assert.match(evidence(3000, { enough: false }), /^counts collects: no heap snapshots/);
});
