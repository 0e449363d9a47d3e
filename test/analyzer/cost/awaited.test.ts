/** Which async functions wait: a function that waits for another is shown in that one's stack, not on its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computePending } from '#memwatch/analyzer/cost/awaited.js';

const frame = (name: string) => ({ function: name, file: name.startsWith('Promise.') ? '' : '/srv/a.js', line: 1 });
const group = (count: number, ...names: string[]) => ({ count, stack: names.map(frame) });

test('stacks that are part of a longer one are counted there', () => {
  const awaited = [
    group(7),
    group(5, 'query', 'handle'),
    group(8, 'handle'),
    group(2, 'Promise.all', 'load'),
    group(1, 'load'),
    group(2, 'read', 'Promise.all', 'load'),
  ];
  const { awaited: shown, ...counts } = computePending({ awaited, pending: 25, looked: 30, all: 32 });
  assert.deepEqual(counts, { pending: 25, notKnown: 7, notLooked: 2 });
  assert.deepEqual(
    shown.map(({ count, stack }) => [count, stack.map((one) => one.function).join(' < ')]),
    [
      [5, 'query < handle'],
      [3, 'handle'],
      [2, 'read < Promise.all < load'],
    ],
  );
});
