/** What each entry of a collection keeps belongs to it, though a list keeps it, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinRegions } from '#memwatch/analyzer/growth/snapshots/joined-regions.js';
import { nodeName } from '#memwatch/analyzer/model/heap-graph.js';
import { drawGrowth, upTo } from '../../../support/drawn-growth.js';

/** A list of which each link leads to the next one, and back. */
const list = (count: number): string =>
  `global -timers-> List timers\ntimers -first-> Link l1 40\n` +
  upTo(count - 1, (i) => `l${i} -next-> Link l${i + 1} 40\nl${i + 1} -prev-> l${i}`);

const entries = (count: number, linkOf: (i: number) => number): string =>
  `global -waiting-> Map waiting\nwaiting -internal:table-> table:array\n` +
  upTo(count, (i) => `table -internal:${i}-> Entry e${i} 20\ne${i} -timer-> l${linkOf(i)}`);

const regionsOf = async (draw: (k: number) => string): Promise<{ at: string; bytes: number[]; gains: string[] }[]> => {
  const { growth } = await drawGrowth(draw);
  assert.equal(growth.regions.length, 2, 'the list and the Map');
  return joinRegions(growth.regions, growth).map(({ node, bytes, classes }) => ({
    at: nodeName(growth.last.graph, node),
    bytes: [...bytes].map((now) => now - (bytes[0] ?? 0)),
    gains: classes
      .map(({ classNumber, counts }) => `${growth.classes.nameOf(classNumber)} ${counts.at(-1)}`)
      .toSorted(),
  }));
};

test('a list whose links are kept one by one by the entries of a Map is part of the Map', async () => {
  const found = await regionsOf((k) => `${list(10 * (k + 1))}\n${entries(10 * (k + 1), (i) => i)}`);
  assert.deepEqual(
    found.map(({ at, bytes }) => ({ at, bytes })),
    [{ at: 'Map', bytes: [0, 600, 1200, 1800] }],
  );
  assert.deepEqual(found[0]?.gains, ['Entry 30', 'Link 30']);
});

test('a list that the entries of a Map only lead into is a leak of its own', async () => {
  const found = await regionsOf((k) => `${list(50 * (k + 1))}\n${entries(10 * (k + 1), (i) => 5 * i)}`);
  assert.deepEqual(found.map(({ at }) => at).toSorted(), ['Map', 'global']);
});
