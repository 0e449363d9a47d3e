/** Growth outside the heap: what grows with the work is reported and named; what wavers or dies down is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  counterFinding,
  countersOf,
  findCounterGrowth,
  findHeapGrowth,
  settlesLater,
} from '#memwatch/analyzer/growth/readings/counters.js';
import type { CounterReading } from '#memwatch/analyzer/model/check.js';
import { reading } from '../../../support/check-report.js';

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

test('child processes that stay are named first, before the descriptors that they hold open', () => {
  const readings = [0, 100, 200, 1000].map((more) => ({ childProcesses: more, fileDescriptors: 20 + 3 * more }));
  assert.deepEqual(grown(...readings), ['child processes', 'file descriptors']);
});

test('a slow round may gain less, but at least two fifths of the rate; native memory at least seven tenths', () => {
  assert.deepEqual(grown(...[0, 40, 140, 1000].map((threads) => ({ threads }))), ['threads']);
  assert.deepEqual(grown(...[0, 39, 140, 1000].map((threads) => ({ threads }))), []);
  const native = (...megabytes: number[]): string[] =>
    grown(...megabytes.map((one) => ({ rssBytes: 60e6 + one * 1e6 })));
  assert.deepEqual(native(0, 7.1, 17, 100), ['native memory']);
  assert.deepEqual(native(0, 6.9, 17, 100), []);
});

test('less than one in fifty calls, or one round alone, is no growth', () => {
  assert.deepEqual(grown(...[0, 2, 4, 19].map((threads) => ({ threads }))), []);
  assert.deepEqual(findCounterGrowth([0, 100].map((threads) => reading({ threads })), [100]), []); // prettier-ignore
});

test('external memory that grows is called Buffers only if array buffers grow with it', () => {
  const title = (arrayBuffersBytes: (k: number) => number): string =>
    findCounterGrowth(
      [0, 1, 2].map((k) => reading({ externalBytes: 1e6 + k * 1e6, arrayBuffersBytes: arrayBuffersBytes(k) })),
      [100, 100],
    ).find(({ name }) => name === 'external memory')?.title ?? '';
  assert.match(
    title((k) => k * 1e6),
    /Buffers, typed arrays/,
  );
  assert.match(
    title(() => 0),
    /other than Buffers.*WebAssembly/,
  );
});

test('handles are watched by their type, also one that was not there at first; timers may still fire', () => {
  const resources: Record<string, number>[] = [{}, { Timeout: 3 }, { Timeout: 3, TCPSocketWrap: 2 }];
  const readings = resources.map((one) => reading({ resources: one }));
  const counters = countersOf(readings).filter(({ name }) => /Timeout|TCPSocketWrap/.test(name));
  assert.deepEqual(
    counters.map(({ title, of }) => [title, readings.map(of)]),
    [
      ['sockets are opened and never closed (TCPSocketWrap)', [0, 0, 2]],
      ['timers are set and never cleared (Timeout)', [0, 3, 3]],
    ],
  );
  assert.deepEqual(['Timeout', 'Immediate', 'TCPSocketWrap'].map(settlesLater), [true, true, false]);
});

test('a counter of bytes becomes a finding with bytes and no count', () => {
  const [growth] = findCounterGrowth(
    [60e6, 70e6, 80e6].map((rssBytes) => reading({ rssBytes })),
    [100, 100],
  );
  assert.ok(growth);
  const { bytesPerRound, countPerRound, reasons } = counterFinding(growth, 100);
  assert.deepEqual([bytesPerRound, countPerRound], [10e6, 0]);
  assert.match(reasons[0] ?? '', /^native memory: [\d.]+ MB, [\d.]+ MB, [\d.]+ MB after the rounds$/);
});
