/** Collections of numbers, which a snapshot shows only by the size of their tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOfSizes } from '#memwatch/analyzer/growth/sizes.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { createLocator } from '#memwatch/analyzer/model/location.js';
import { finding } from '../../support/check-report.js';
import { drawGrowth } from '../../support/drawn-growth.js';

const nowhere = { locator: createLocator(), sourceOf: () => undefined, packageOf: () => undefined };

const map = `global -seen-> Map seen
seen -internal:table-> table:array 4000`;

const findings = async (
  sizes: readonly number[],
  text = map,
  found: (id: number) => readonly Finding[] = () => [],
): Promise<Finding[]> => {
  const { growth, node } = await drawGrowth(() => text);
  const heapId = growth.last.graph.nodeId[node('seen')] ?? 0;
  return findingsOfSizes(growth, [{ heapId, sizes }], found(heapId), nowhere);
};

test('a Map of numbers that gains in every round is a finding, with the bytes of its table by the entry', async () => {
  const [one, ...others] = await findings([100, 200, 300, 400]);
  assert.deepEqual(others, []);
  assert.equal(one?.title, 'Map global.seen gains 100 numbers a round and keeps them');
  assert.equal(one?.signature, 'global.seen > Map > (number)');
  assert.deepEqual(
    [one?.kind, one?.countPerRound, one?.bytesPerRound, one?.history, one?.gains],
    ['map', 100, 1000, [100, 200, 300, 400], [{ name: '(number)', countPerRound: 100, selfBytesPerRound: 1000 }]],
  );
  assert.match(one?.advice ?? '', /never deleted/);
  assert.deepEqual(one?.path.map(({ name }) => name), ['global', 'Map']); // prettier-ignore
});

test('one that slows down, that is a finding already, or whose node is gone, is none', async () => {
  assert.deepEqual(await findings([0, 300, 380, 400]), []);
  assert.deepEqual(
    await findings([100, 200, 300, 400], map, (id) => [finding({ container: { id, name: 'Map', type: 'object' } })]),
    [],
  );
  const { growth } = await drawGrowth(() => map);
  assert.deepEqual(findingsOfSizes(growth, [{ heapId: 2, sizes: [100, 200, 300] }], [], nowhere), []);
});

test('a collection of objects is judged by its objects', async () => {
  const objects = Array.from({ length: 50 }, (_, i) => `table -internal:${i}-> Session held${i}`).join('\n');
  assert.deepEqual(await findings([100, 200, 300, 400], `${map}\n${objects}`), []);
  assert.equal((await findings([1000, 2000, 3000, 4000], `${map}\n${objects}`)).length, 1);
});
