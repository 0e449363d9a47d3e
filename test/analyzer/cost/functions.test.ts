import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeCallees, computeCallers } from '#memwatch/analyzer/cost/callers.js';
import { computeFunctions, computeInclusive } from '#memwatch/analyzer/cost/functions.js';
import { createProfileData } from '#memwatch/commands/tui/data/profile-data.js';
import { mergeProfiles } from '#memwatch/analyzer/model/merge-profiles.js';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import type { Profile } from '#memwatch/analyzer/model/profile.js';

/** A profile from its tree: for each node its function's name, its caller and its self value. */
const profileOf = (nodes: readonly (readonly [name: string, parent: number, self: number])[]): Profile => {
  const names = [...new Set(nodes.map(([name]) => name))];
  return {
    kind: 'cpu',
    frames: names.map((name) => ({
      name,
      location: name === '(idle)' ? undefined : { file: 'a.js', line: 1, column: 1 },
    })),
    nodeCount: nodes.length,
    nodeFrame: Uint32Array.from(nodes, ([name]) => names.indexOf(name)),
    nodeParent: Int32Array.from(nodes, ([, parent]) => parent),
    values: [{ name: 'time', unit: 'microseconds', self: Float64Array.from(nodes, ([, , self]) => self) }],
    lines: undefined,
    timeline: undefined,
    durationUs: 0,
    calls: undefined,
    notes: undefined,
  };
};

/** Slow and plain: for each node, every function on its stack gets its value, once. */
const slowTotals = (profile: Profile): number[] => {
  const totals = profile.frames.map(() => 0);
  for (let node = 0; node < profile.nodeCount; node++) {
    const onStack = new Set<number>();
    for (let at = node; at >= 0; at = profile.nodeParent[at] ?? -1) onStack.add(profile.nodeFrame[at] ?? 0);
    for (const frame of onStack) totals[frame] = (totals[frame] ?? 0) + (profile.values[0].self[node] ?? 0);
  }
  return totals;
};

/** Random numbers below `limit`, the same ones for the same seed. */
const randomOf = (seed: number): ((limit: number) => number) => {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % limit;
  };
};

test('totals of random call trees, recursion and all, are those of the slow way', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = randomOf(seed * 7919);
    const size = 1 + random(60);
    const profile = profileOf(
      Array.from({ length: size }, (_, i) => [`f${random(6)}`, i === 0 ? -1 : random(i + 1) - 1, random(10)] as const),
    );
    const { self, total } = computeFunctions(profile);
    assert.deepEqual([...total], slowTotals(profile), `seed ${seed}`);
    const whole = profile.values[0].self.reduce((sum, one) => sum + one, 0);
    assert.equal(
      self.reduce((sum, one) => sum + one, 0),
      whole,
    );
  }
});

test('recursion is counted once in totals, and callers and callees share them out', () => {
  const profile = profileOf([
    ['main', -1, 1],
    ['fib', 0, 2],
    ['fib', 1, 3],
    ['leaf', 2, 4],
    ['other', 0, 5],
    ['leaf', 4, 6],
  ]);
  assert.deepEqual([...computeInclusive(profile, profile.values[0].self)], [21, 9, 7, 4, 11, 6]);
  const { total } = computeFunctions(profile);
  assert.deepEqual([...total], [21, 9, 10, 11]);
  assert.deepEqual(computeCallers(profile, 2), [
    { frame: 3, self: 6, total: 6 },
    { frame: 1, self: 4, total: 4 },
  ]);
  assert.deepEqual(computeCallees(profile, 0), [
    { frame: 3, self: 5, total: 11 },
    { frame: 1, self: 2, total: 9 },
  ]);
  assert.deepEqual(computeCallers(profile, 0), [{ frame: -1, self: 1, total: 21 }]);
});

test('a stack of 50,000 calls is no problem', () => {
  const profile = profileOf(Array.from({ length: 50_000 }, (_, i) => [`f${i % 100}`, i - 1, 1] as const));
  assert.equal(computeFunctions(profile).total[0], 50_000);
});

test('threads are merged under roots of their own, which are no functions, and a function of both is one', () => {
  const one = profileOf([
    ['main', -1, 1],
    ['work', 0, 2],
    ['(idle)', -1, 400],
  ]);
  const merged = mergeProfiles([
    { name: 'main thread', profile: one },
    { name: 'worker 1', profile: one },
  ]);
  const table = computeCostTable(merged);
  assert.equal(table.whole, 6);
  assert.deepEqual(
    table.functions.map(({ name, self, total }) => [name, self, total]),
    [
      ['work', 4, 4],
      ['main', 2, 6],
    ],
  );
  assert.deepEqual(
    createProfileData('', merged).functions.map(({ name }) => name),
    ['main', 'work'],
    'on the screen, too',
  );
});
