/** Which containers gained most entries between two censuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKeptCensus } from '#memwatch/analyzer/formats/documents/kept-census.js';
import { findGrownContainers } from '#memwatch/analyzer/memory/grown-containers.js';

const census = (sizes: Record<number, number>): ReturnType<typeof readKeptCensus> => {
  const containers = Object.entries(sizes).map(([id, size]) => ({ id: Number(id), kind: 'Map', size, holds: 'Session', heldBy: '' })); // prettier-ignore
  return readKeptCensus(JSON.stringify({ schema: 'memwatch/kept-census@1', classes: [], containers }), 'census.json');
};

test('the container that gained most comes first, a new one with all of its entries; what shrank is left out', () => {
  const grown = findGrownContainers(census({ 1: 100, 2: 50, 3: 9 }), census({ 1: 110, 2: 500, 3: 8, 4: 60 }));
  assert.deepEqual(
    grown.map(({ grew, size }) => [grew, size]),
    [
      [450, 500],
      [60, 60],
      [10, 110],
    ],
  );
  assert.throws(() => readKeptCensus('{"schema":"memwatch/kept-census@1"}', 'census.json'));
});
