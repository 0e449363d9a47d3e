/** What each round left in the heap, in drawn heaps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawGrowth, upTo } from '../../../support/drawn-growth.js';

/** Bytes that were first seen in the second, third and last snapshot, and stayed. */
const left = async (draw: (k: number) => string): Promise<readonly number[]> =>
  (await drawGrowth(draw)).growth.bornBytes.slice(1);

test('what each round adds and keeps is counted for that round', async () => {
  const draw = (k: number): string =>
    `global -cache-> Map cache\n${upTo(4 * (k + 1), (i) => `cache -internal:${i}-> Session s${i} 100`)}`;
  assert.deepEqual(await left(draw), [400, 400, 400]);
});

test('what is gone a round later counts only for the last, however large it is', async () => {
  assert.deepEqual(await left((k) => `global -request-> Request r${k} ${1000 + 7000 * (k % 2)}`), [0, 0, 8000]);
});

test('a text that is replaced by a longer one gains, however unevenly, though nothing of it stays', async () => {
  const draw = (bytes: readonly number[]) => (k: number) => `global -log-> text t${k}:string ${bytes[k] ?? 0}`;
  assert.deepEqual(await left(draw([1e5, 1.1e5, 1.9e5, 2e5])), [1e4, 8e4, 1e4 + 2e5]);
  assert.deepEqual(await left(draw([1e5, 1.1e5, 1e5, 2e5])), [0, 0, 2e5], 'not in each round');
});

test('compiled code is no growth of what the program keeps', async () => {
  assert.deepEqual(await left((k) => upTo(k + 1, (i) => `global -c${i}-> compiled c${i}:code 500`)), [0, 0, 0]);
});
