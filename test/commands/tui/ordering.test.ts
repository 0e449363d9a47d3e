import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlices, filtered, sorted } from '#memwatch/commands/tui/data/ordering.js';

const always = createSlices(() => true);

/** Random numbers that are the same in every run. */
const numbers = (count: number, below: number): number[] => {
  let seed = 7;
  return Array.from({ length: count }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  });
};

test('the radix sort gives what comparing gives, with equal values in their old order', async () => {
  for (const below of [2, 1000, 2 ** 17, 2 ** 31]) {
    const values = numbers(5000, below).map((value) => value * 3);
    const items = Uint32Array.from(values.keys());
    const slow = [...items].sort((a, b) => values[a] - values[b] || a - b);
    assert.deepEqual([...(await sorted(items, (item) => values[item], always))], slow, `below ${below}`);
  }
});

test('values beyond 32 bits are sorted as well', async () => {
  const values = [5e12, 3, 2 ** 40, 2 ** 33, 0, 5e12 - 1];
  const order = await sorted(Uint32Array.from(values.keys()), (item) => values[item], always);
  assert.deepEqual([...order], [4, 1, 3, 2, 5, 0]);
});

test('filtering keeps matching rows, in order', async () => {
  const items = Uint32Array.from({ length: 10_000 }, (_, at) => at);
  const kept = await filtered(items, (item) => item % 1000 === 1, always);
  assert.deepEqual([...kept], [1, 1001, 2001, 3001, 4001, 5001, 6001, 7001, 8001, 9001]);
});

test('a list that is no longer awaited is given up', async () => {
  const items = Uint32Array.from({ length: 300_000 }, (_, at) => at);
  await assert.rejects(
    sorted(
      items,
      (item) => item,
      createSlices(() => false),
    ),
    { code: 'interrupted' },
  );
});
