import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSlowingUnevenly, judgeBytes, judgeSeries } from '#memwatch/analyzer/growth/readings/evidence.js';

/** Counts and what stayed to the end, from the number of entries by the round in which they came, `[snapshot][round]`. */
const series = (cohorts: readonly (readonly number[])[]) => ({
  counts: cohorts.map((alive) => alive.reduce((a, b) => a + b, 0)),
  stayed: cohorts[cohorts.length - 1],
});

test('entries that come in every round and stay are growth', () => {
  assert.equal(judgeSeries(series([[0], [0, 10], [0, 10, 12], [0, 10, 12, 9]])), 'grows');
});

test('growth under a crowd that comes and goes is growth', () => {
  assert.equal(judgeSeries(series([[50], [0, 60], [0, 10, 62], [0, 10, 11, 63]])), 'grows');
});

test('a cache at its limit is no growth: an old entry goes for each new one', () => {
  assert.equal(judgeSeries(series([[500], [400, 100], [300, 100, 100], [200, 100, 100, 100]])), 'none');
});

test('a backlog that moves on is no growth, though it is longer each time', () => {
  assert.equal(judgeSeries(series([[100], [50, 100], [0, 60, 140], [0, 0, 60, 190]])), 'none');
});

test('a sawtooth that happened to rise at every look is no growth: its entries do not stay', () => {
  assert.equal(judgeSeries(series([[10], [0, 30], [0, 0, 50], [0, 0, 0, 70]])), 'none');
});

test('a pool that reaches its size is no growth', () => {
  assert.equal(judgeSeries(series([[0], [0, 40], [0, 40, 10], [0, 40, 10, 0]])), 'none');
});

test('a cache that fills slows down', () => {
  assert.equal(judgeSeries(series([[0], [0, 100], [0, 100, 61], [0, 100, 61, 37]])), 'slows');
});

test('a short last round is not slowing down if the rounds are of unequal length', () => {
  const short = series([[0], [0, 100], [0, 100, 100], [0, 100, 100, 20]]);
  assert.equal(judgeSeries(short), 'slows');
  assert.equal(judgeSeries(short, [1000, 1000, 200]), 'grows');
});

test('four rounds alike outweigh a faster one before, but not while each brings less', () => {
  const of = (...gains: readonly number[]): string =>
    judgeSeries(series([[0], ...gains.map((_, i) => [0, ...gains.slice(0, i + 1)])]));
  assert.equal(of(400, 100, 98, 104), 'slows', 'three rounds');
  assert.equal(of(400, 100, 98, 104, 97), 'grows');
  assert.equal(of(400, 100, 100, 100, 100), 'grows');
  assert.equal(of(10, 400, 100, 100, 100, 100), 'grows');
  assert.equal(of(400, 100, 98, 96, 94), 'slows');
  assert.equal(of(400, 130, 90, 100, 80), 'slows');
});

test('of rounds of unequal length, one that is longer than the others does not make them slow', () => {
  assert.equal(isSlowingUnevenly([2800, 3000, 5000, 1600]), false);
  assert.equal(isSlowingUnevenly([2800, 3000, 3100, 600]), true);
  assert.equal(isSlowingUnevenly([3000, 2200, 1500, 1000]), true);
});

test('two snapshots prove nothing', () => {
  assert.equal(judgeSeries(series([[0], [0, 100]])), 'none');
});

test('a size that rises by like steps grows, one that jumps does not', () => {
  assert.equal(judgeBytes([10_000, 20_000, 31_000, 40_000], 4096), 'grows');
  assert.equal(judgeBytes([10_000, 10_000, 20_000, 20_000], 4096), 'none');
  assert.equal(judgeBytes([10_000, 15_000, 55_000, 95_000], 4096), 'none');
});
