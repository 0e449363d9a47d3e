/** Call trees of a profile, from the program down and from each function up, and two profiles in one tree. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { computeCalleeTree, computeCallerTree, type CallTreeEntry } from '#memwatch/analyzer/cost/call-tree.js';
import { computeDiffTree } from '#memwatch/analyzer/cost/diff-tree.js';
import { computeFlameTree } from '#memwatch/analyzer/cost/flame-tree.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import type { Profile } from '#memwatch/analyzer/model/profile.js';
import { drawnProfile } from '../../support/drawn-profile.js';
import { temporaryFolder } from '../../support/targets.js';

const profileOf = (t: TestContext): Profile => readProfile(readFileSync(drawnProfile(temporaryFolder(t))));

/** `name value` of each entry and, indented, of those below it. */
const lines = ({ frames }: Profile, entries: readonly CallTreeEntry[], depth = 0): string[] =>
  entries.flatMap(({ frame, value, children }) => [
    `${' '.repeat(depth)}${frames[frame]?.name} ${Math.round(value / 1000)}`,
    ...lines({ frames } as Profile, children(), depth + 1),
  ]);

test('callees: each has the time of all that it called, and a level adds up to the one above', (t) => {
  const profile = profileOf(t);
  const nodes = computeFlameTree(profile);
  const tree = computeCalleeTree(nodes);
  const sum = (entries: readonly CallTreeEntry[]): number => entries.reduce((all, { value }) => all + value, 0);
  assert.ok(Math.abs(sum(tree) - (nodes[0]?.total ?? 0)) < 1e-6);
  const [first] = tree;
  assert.ok(first !== undefined);
  assert.equal(profile.frames[first.frame]?.name, 'handleRequest');
  assert.deepEqual(
    first.children().map(({ frame }) => profile.frames[frame]?.name),
    ['hashPassword', 'renderPage'],
  );
  assert.ok(sum(first.children()) < first.value, 'the rest is its own');
});

test("callers: a function's own time goes up to all that called it, and is lost nowhere", (t) => {
  const profile = profileOf(t);
  const shown = lines(profile, computeCallerTree(computeFlameTree(profile)));
  const at = shown.findIndex((line) => line.startsWith('Hash '));
  const [, value] = (shown[at] ?? '').split(' ');
  assert.deepEqual(shown.slice(at, at + 3), [`Hash ${value}`, ` hashPassword ${value}`, `  handleRequest ${value}`]);
});

test('two profiles in one tree: a function in both is one node, and the sides keep their values', (t) => {
  const before = profileOf(t);
  const after = { ...before, values: before.values.map((one) => ({ ...one, self: one.self.map((us) => us * 2) })) };
  const tree = computeDiffTree(before, { ...after, values: [after.values[0] ?? before.values[0]] }, 0.5);
  assert.deepEqual(
    tree.values.map(({ name }) => name),
    ['both', 'before', 'after'],
  );
  assert.deepEqual(tree.values[1]?.self, tree.values[2]?.self, 'twice as slow, halved');
  assert.deepEqual(
    tree.values[0].self,
    tree.values[1]?.self.map((us) => us * 2),
  );
  assert.equal(new Set(tree.frames.map(({ name }) => name)).size, tree.frames.length, 'no function twice');
});
