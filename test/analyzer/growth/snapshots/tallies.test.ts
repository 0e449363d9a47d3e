/** What each holder held, snapshot by snapshot, and since when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGrowthClasses } from '#memwatch/analyzer/growth/snapshots/growth-classes.js';
import { idsOf } from '#memwatch/analyzer/growth/snapshots/id-set.js';
import { createTallyBuilder } from '#memwatch/analyzer/growth/snapshots/tallies.js';
import { noHolder, type Transients } from '#memwatch/analyzer/growth/snapshots/transients.js';
import { computeRetainingEdges } from '#memwatch/analyzer/heap/edges.js';
import { drawHeap } from '../../../support/graph.js';

/** `one` and `two` are the holders 1 and 2; a session belongs to the one that its line begins with. */
const drawn = (text: string, ids: Readonly<Record<string, number>>): Transients => {
  const { graph, node } = drawHeap(`root -one-> Array one\nroot -two-> Array two\n${text}`, { ids });
  const holder = new Uint32Array(graph.nodeCount).fill(noHolder);
  for (const [, by, handle] of text.matchAll(/(one|two) -#\d-> \w+ (\w+)/g))
    holder[node(handle ?? '')] = by === 'one' ? 1 : 2;
  const isPermanent = new Uint8Array(graph.nodeCount);
  return { graph, edges: computeRetainingEdges(graph), isPermanent, holder, frontier: { holders: [], edges: [] } };
};

test('counts and bytes by holder and class in each snapshot, and when the last ones were first seen', () => {
  const rounds = [
    drawn('one -#0-> Session a 100', { a: 101 }),
    drawn('one -#0-> Session a 100\none -#1-> Session gone 100', { a: 101, gone: 103 }),
    drawn('one -#0-> Session a 100\none -#1-> Session b 50\ntwo -#0-> Job c 30', { a: 101, b: 105, c: 107 }),
  ];
  const classes = createGrowthClasses();
  const builder = createTallyBuilder(classes, rounds.map(({ graph }) => idsOf(graph))); // prettier-ignore
  for (const [k, round] of rounds.entries()) builder.add(k, round);
  const { snapshots, byHolder } = builder.finish();
  assert.equal(snapshots, 3);
  const rows = [...byHolder].flatMap(([holder, tallies]) =>
    tallies.map(({ classNumber, counts, bytes, stayed }) => ({
      holder,
      name: classes.nameOf(classNumber),
      columns: [counts, bytes, stayed].map((column) => [...column]),
    })),
  );
  assert.deepEqual(rows, [
    { holder: 1, name: 'Session', columns: [[1, 2, 2], [100, 200, 150], [1, 0, 1]] }, // prettier-ignore
    { holder: 2, name: 'Job', columns: [[0, 0, 1], [0, 0, 30], [0, 0, 1]] }, // prettier-ignore
  ]);
});
