/** When the agent inside takes a sample, which stops the program for a collection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSampleDue, sampleTaken, type LastSample } from '#memwatch/inside/due.js';

const heapMs = 200;

/** Fills a heap and returns at which fullness samples were taken; `alive`: the part of the heap that a collection leaves. */
const run = (seconds: number, fullness: (second: number) => number, alive: number): number[] => {
  const taken: number[] = [];
  let last: LastSample | undefined;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += 100) {
    const share = fullness(nowMs / 1000);
    if (!isSampleDue({ nowMs, share }, 0, last)) continue;
    taken.push(share);
    last = sampleTaken({ nowMs: nowMs + heapMs, share: share * alive }, nowMs, last);
  }
  return taken;
};

test('a heap that fills to its limit is sampled early and near the limit, and for a bounded part of the time', () => {
  const taken = run(300, (second) => second / 300, 1);
  assert.ok((taken[0] ?? 1) < 0.1 && (taken.at(-1) ?? 0) > 0.9, taken.join(' '));
  assert.ok(taken.length >= 5 && taken.length <= 12, taken.join(' '));
  const sudden = run(10, (second) => second / 10, 1);
  assert.ok((sudden[0] ?? 1) <= 0.31 && (sudden.at(-1) ?? 0) > 0.75, sudden.join(' '));
});

test('a program that is always nearly full of garbage is asked ever more rarely', () => {
  const hour = run(3600, (second) => (second % 2 < 1 ? 0.85 : 0.4), 0.4);
  assert.ok(hour.length < 20, String(hour.length));
});

test('a program far from its limit is sampled once', () => {
  assert.equal(run(3600, () => 0.2, 0.9).length, 1);
});
