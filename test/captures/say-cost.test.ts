import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayCost } from '#memwatch/captures/say-cost.js';

const costOf = (mostPauseUs: number): string => {
  const said: string[] = [];
  const estimate = {
    heapUsedBytes: 1e8,
    objects: 1e6,
    leastExtraBytes: 5e7,
    likelyExtraBytes: 1e8,
    extraBytes: 2e8,
    leastPauseUs: 5e5,
    pauseUs: 2e6,
    mostPauseUs,
    room: undefined,
    limitKnown: true,
    hiddenAbove: false,
    enough: true,
  };
  const io = { signal: AbortSignal.abort(), progress: () => {}, warn: (text: string) => void said.push(text) };
  sayCost('snapshot', estimate, io);
  return said.join('\n');
};

test('a pause in which the other side may close connections is said before it', () => {
  assert.match(
    costOf(6e6),
    /stands still for about 2\.00 s .*6\.00 s.*After 5 s without an answer .* close connections/,
  );
  assert.doesNotMatch(costOf(4e6), /connections/);
});
