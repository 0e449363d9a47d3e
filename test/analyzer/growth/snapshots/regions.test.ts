/** Which holders make a region, and whether it grows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrowthClasses } from '#memwatch/analyzer/growth/snapshots/growth-classes.js';
import { findRegions, type HolderQuestions, type Region } from '#memwatch/analyzer/growth/snapshots/regions.js';
import type { Tally } from '#memwatch/analyzer/growth/snapshots/tallies.js';

const session = 0;
const store = 1;
const text = 2;

const classes: GrowthClasses = {
  of: () => session,
  nameOf: String,
  isEvidence: (one) => one !== store,
  hasSize: (one) => one === text,
};

const plain: HolderQuestions = {
  nodeOf: (holder) => holder,
  ownerOf: (holder) => holder,
  isLeftOut: () => false,
  kindOf: String,
};

/** A tally whose gains all stay, of things of 100 bytes. */
const tally = (
  holder: number,
  counts: number[],
  values: Partial<Record<'bytes' | 'stayed', number[]>> = {},
  classNumber = session,
): Tally => ({
  holder,
  classNumber,
  counts: Float64Array.from(counts),
  bytes: Float64Array.from(values.bytes ?? counts.map((count) => 100 * count)),
  stayed: Float64Array.from(values.stayed ?? counts.map((count, k) => Math.max(0, count - (counts[k - 1] ?? 0)))),
});

const regions = (
  tallies: readonly Tally[],
  questions: Partial<HolderQuestions> = {},
  work?: readonly number[],
): Region[] => {
  const byHolder = new Map<number, Tally[]>();
  for (const one of tallies) byHolder.set(one.holder, [...(byHolder.get(one.holder) ?? []), one]);
  return findRegions({ snapshots: 4, byHolder }, classes, { ...plain, ...questions }, work);
};

const short = (found: readonly Region[]): unknown[] => found.map(({ node, members, trend }) => [node, members, trend]);

test('a holder that gains in every round and keeps it is a region; one that wavers or loses what it gained is none', () => {
  const found = regions([
    tally(1, [0, 10, 20, 30]),
    tally(2, [0, 10, 9, 30]),
    tally(3, [0, 10, 20, 30], { stayed: [0, 1, 1, 28] }),
    tally(4, [0, 100, 130, 140]),
  ]);
  assert.deepEqual(short(found), [
    [1, [1], 'grows'],
    [4, [4], 'slows'],
  ]);
});

test('stores alone are no evidence, but their bytes count for the region', () => {
  assert.deepEqual(regions([tally(1, [0, 10, 20, 30], {}, store)]), []);
  const [found] = regions([tally(1, [0, 10, 20, 30]), tally(1, [1, 1, 1, 1], { bytes: [5, 6, 7, 8] }, store)]);
  assert.deepEqual([...(found?.bytes ?? [])], [5, 1006, 2007, 3008]);
  assert.deepEqual(
    found?.classes.map(({ trend }) => trend),
    ['grows', 'none'],
  );
});

test('a few strings that become longer grow by their bytes; a crowd of them does not, and neither do other objects', () => {
  const bytes = [10_000, 20_000, 30_000, 40_000];
  assert.equal(regions([tally(1, [2, 2, 2, 2], { bytes }, text)])[0]?.trend, 'grows');
  assert.deepEqual(regions([tally(1, [17, 17, 17, 17], { bytes }, text)]), []);
  assert.deepEqual(regions([tally(1, [2, 2, 2, 2], { bytes })]), []);
});

test('the links of a list are one region at its owner', () => {
  const links = [tally(5, [0, 1, 1, 1]), tally(6, [0, 0, 1, 1]), tally(7, [0, 0, 0, 1])];
  assert.deepEqual(regions(links), []);
  assert.deepEqual(short(regions(links, { ownerOf: () => 4 })), [[4, [5, 6, 7], 'grows']]);
});

test('growth that is spread over many holders of one kind shows in their sum, at the one that grew most; two are no kind', () => {
  const spread = [tally(5, [0, 1, 1, 1]), tally(6, [0, 0, 2, 2]), tally(7, [0, 0, 0, 1])];
  const kindOf = (): string => 'Session.list';
  assert.deepEqual(short(regions(spread, { kindOf })), [[6, [5, 6, 7], 'grows']]);
  assert.deepEqual(regions([tally(5, [0, 1, 1, 1]), tally(6, [0, 0, 1, 2])], { kindOf }), []);
});

test("memwatch's own objects are left out, and the holder of a slot is the slot's node", () => {
  const grows = tally(9, [0, 10, 20, 30]);
  assert.deepEqual(regions([grows], { isLeftOut: () => true }), []);
  assert.deepEqual(short(regions([grows], { nodeOf: () => 3 })), [[3, [9], 'grows']]);
});

test('a last round that did little work may gain little', () => {
  const late = [tally(1, [0, 100, 200, 220])];
  assert.equal(regions(late)[0]?.trend, 'slows');
  assert.equal(regions(late, {}, [1000, 1000, 200])[0]?.trend, 'grows');
});

test('of very many regions of one kind, the largest are looked at, and the others are counted with the largest', () => {
  const gains = Array.from({ length: 1000 }, (_, i) => i + 1);
  const counts = (gain: number): number[] => [0, gain, 2 * gain, 3 * gain];
  const found = regions([tally(2000, counts(5)), ...gains.map((gain) => tally(gain, counts(gain)))], {
    kindOf: (holder) => (holder === 2000 ? 'cache' : 'history of a user'),
  });
  const [alone, first, ...more] = found;
  assert.deepEqual(
    [alone, first].map((one) => [one?.node, one?.alike.length]),
    [
      [2000, 0],
      [1000, 984],
    ],
  );
  assert.deepEqual(
    more.map(({ node }) => node),
    Array.from({ length: 15 }, (_, i) => 999 - i),
  );
});
