/** Sets of ids, and the comparison of a scenario's findings with the known ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareWithBaseline, updatedEntries } from '#memwatch/analyzer/growth/compare-baseline.js';
import {
  createNodeLookup,
  hasId,
  idsOf,
  intersectIds,
  shareInSet,
} from '#memwatch/analyzer/growth/snapshots/id-set.js';
import { permanentNodes } from '#memwatch/analyzer/growth/snapshots/transients.js';
import { drawHeap } from '../../../support/graph.js';

const two = (name: string): ReturnType<typeof drawHeap> =>
  drawHeap(`root -shortcut:1-> global\nglobal -kept-> Map kept\nglobal -taken-> ${name} taken\nglobal -${name}-> X x`, {
    ids: { kept: 101, taken: 70_001, x: name === 'A' ? 201 : 203 },
  });

test('what is in every snapshot is permanent; an id that another object took over is not the same object', () => {
  const [first, second] = [two('A'), two('B')];
  const both = intersectIds([idsOf(first.graph), idsOf(second.graph)]);
  assert.deepEqual(
    [101, 70_001, 201, 203].map((id) => hasId(both, id)),
    [true, false, false, false],
  );
  assert.equal(shareInSet(second.graph, both), 3 / 5);
  const permanent = permanentNodes(second.graph, both);
  assert.deepEqual(
    ['kept', 'taken', 'x'].map((handle) => permanent[second.node(handle)]),
    [1, 0, 0],
  );
  const lookup = createNodeLookup(second.graph);
  assert.equal(lookup.nodeOf(70_001), second.node('taken'));
  assert.equal(lookup.nodeOf(201), -1);
});

const leak = (
  signature: string,
  countPerIteration: number,
  bytesPerIteration = 0,
): Parameters<typeof updatedEntries>[0][number] => ({
  signature,
  kind: 'map',
  countPerIteration,
  bytesPerIteration,
});

test('a finding is new, known, clearly worse or gone; a rate that is about the known one stays as it was written', () => {
  const known = [leak('same', 1), leak('worse', 1), leak('gone', 1), leak('bytes', 0, 100)];
  const found = [leak('same', 1.3), leak('worse', 1.6), leak('new', 1), leak('bytes', 0, 140)];
  assert.deepEqual(compareWithBaseline(found, known), {
    new: ['new'],
    known: ['same', 'bytes'],
    worse: ['worse'],
    gone: ['gone'],
  });
  assert.deepEqual(
    updatedEntries(found, known).map(({ countPerIteration }) => countPerIteration),
    [1, 1.6, 1, 0],
  );
});
