import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { computeFlameTree } from '#memwatch/analyzer/cost/flame-tree.js';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import { drawnProfile } from '../../support/drawn-profile.js';
import { temporaryFolder } from '../../support/targets.js';

test('the tree of a flame graph has a node a function under each caller, and loses no time', (t) => {
  const profile = readProfile(readFileSync(drawnProfile(temporaryFolder(t))));
  const nodes = computeFlameTree(profile);
  const [all, ...rest] = nodes;
  assert.equal(all?.frame, -1);
  assert.equal(all?.total, computeCostTable(profile).whole);
  assert.equal(
    rest.reduce((sum, { self }) => sum + self, 0),
    all?.total,
  );
  for (const node of nodes) {
    const below = [...node.children.values()].map((child) => nodes[child]?.total ?? 0);
    assert.equal(node.total, node.self + below.reduce((sum, total) => sum + total, 0));
  }
  assert.equal(new Set(rest.map(({ parent, frame }) => `${parent} ${frame}`)).size, rest.length);
});
