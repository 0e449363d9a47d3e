/** Growth outside the heap: what grows with the work is reported and named; what wavers or dies down is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counterFinding, findCounterGrowth, findHeapGrowth } from '#memwatch/analyzer/growth/counters.js';
import type { CounterReading } from '#memwatch/analyzer/model/check.js';
import { reading } from '../../support/check-report.js';

const grown = (...values: Partial<CounterReading>[]): string[] =>
  findCounterGrowth(
    values.map((value) => reading(value)),
    [100, 100, 800],
  ).map(({ name }) => name);

test('file descriptors, threads, realms and handles that grow with the calls are named', () => {
  assert.deepEqual(grown(...[20, 120, 220, 1020].map((fileDescriptors) => ({ fileDescriptors }))), [
    'file descriptors',
  ]);
  assert.deepEqual(grown(...[11, 21, 31, 111].map((threads) => ({ threads }))), ['threads']);
  assert.deepEqual(grown(...[1, 101, 201, 1001].map((nativeContexts) => ({ nativeContexts }))), ['realms']);
  assert.deepEqual(grown(...[0, 100, 200, 1000].map((Timeout) => ({ resources: { Timeout } }))), ['Timeout']);
});

test('growth that dies down, wavers, or has nothing to do with the calls is none', () => {
  assert.deepEqual(grown(...[20, 120, 220, 230].map((fileDescriptors) => ({ fileDescriptors }))), []);
  assert.deepEqual(grown(...[20, 120, 90, 900].map((fileDescriptors) => ({ fileDescriptors }))), []);
  assert.deepEqual(grown(...[20, 21, 22, 23].map((fileDescriptors) => ({ fileDescriptors }))), []);
  assert.deepEqual(grown(...[60e6, 61e6, 61.2e6, 61.3e6].map((rssBytes) => ({ rssBytes }))), []);
});

test('native memory is what the process gains beyond its heap and external memory', () => {
  const heap = [5e6, 10e6, 15e6, 55e6]; // even if V8 only reserves it, with little in it
  assert.deepEqual(grown(...heap.map((heapTotalBytes) => ({ heapTotalBytes, rssBytes: 60e6 + heapTotalBytes }))), []);
  assert.deepEqual(grown(...[60e6, 70e6, 80e6, 160e6].map((rssBytes) => ({ rssBytes }))), ['native memory']);
});

test('what an allocator takes in the first round and a little after it is no leak of native memory', () => {
  const readings = [60e6, 105e6, 120e6].map((rssBytes) => reading({ rssBytes }));
  assert.deepEqual(findCounterGrowth(readings, [200, 200]), []);
});

test('a heap that rose in the last round by more than chance is a sign, and no more', () => {
  const after = (...heap: number[]) =>
    findHeapGrowth(
      heap.map((heapUsedBytes) => reading({ heapUsedBytes })),
      [2000, 2000],
    );
  assert.equal(after(5e6, 6e6, 6.04e6), undefined);
  assert.equal(after(5e6, 6e6, 6.2e6)?.perIteration, 100);
});

test('what the system does not tell is not judged', () => {
  assert.deepEqual(grown(...[1, 2, 3, 4].map(() => ({ fileDescriptors: null, threads: null, rssBytes: null }))), []);
});

test('a counter becomes a finding with its rate and a signature that stays', () => {
  const [growth] = findCounterGrowth(
    [20, 120, 220].map((fileDescriptors) => reading({ fileDescriptors })),
    [100, 100],
  );
  assert.ok(growth);
  const finding = counterFinding(growth, 100);
  assert.equal(finding.countPerRound, 100);
  assert.equal(finding.bytesPerRound, 0);
  assert.equal(finding.signature, 'native: file descriptors');
  assert.deepEqual(finding.history, [20, 120, 220]);
});
