/** Growth in the heap and growth outside it with one cause are one finding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinFindings, withCounters } from '#memwatch/leaks/counter-findings.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import { finding, reading } from '../support/check-report.js';

const inHeap = (values: Partial<Finding> = {}): Finding =>
  finding({ title: 'a Map gains sockets', countPerRound: 100, ...values });
const counter = (name: string, values: Partial<Finding> = {}): Finding =>
  finding({
    title: `${name} grow`,
    kind: 'native',
    container: { id: 0, name, type: 'native' },
    bytesPerRound: 0,
    retainedBytesPerRound: 0,
    countPerRound: 100,
    reasons: [`${name}: 1, 101, 201`],
    ...values,
  });
const titles = (findings: readonly Finding[]): string[] => findings.map(({ rank, title }) => `${rank} ${title}`);

test('what is in step with a finding in the heap is a reason of it; what is not is a finding of its own', () => {
  const joined = joinFindings([inHeap()], [counter('file descriptors', { countPerRound: 200 })]);
  assert.deepEqual(titles(joined), ['1 a Map gains sockets']);
  assert.deepEqual(joined[0]?.reasons.at(-1), 'file descriptors: 1, 101, 201');
  const apart = joinFindings([inHeap()], [counter('file descriptors', { countPerRound: 147 })]);
  assert.deepEqual(titles(apart), ['1 a Map gains sockets', '2 file descriptors grow']);
});

test('a thread is the cause of the listeners and files that come with it', () => {
  const found = joinFindings(
    [inHeap({ title: 'listeners' })],
    [counter('file descriptors', { countPerRound: 400 }), counter('threads')],
  );
  assert.deepEqual(titles(found), ['1 threads grow']);
  assert.ok(found[0]?.reasons.includes('in step with it: listeners'));
});

test('a thread is the cause of what gains workers, also if rounds of different length counted them', () => {
  const gain = (name: string) => ({ name, countPerRound: 100, selfBytesPerRound: 1000 });
  const jobs = inHeap({ title: 'jobs', countPerRound: 147, gains: [gain('Object'), gain('Worker')] });
  const map = inHeap({ title: 'a Map', countPerRound: 147, gains: [gain('Session')] });
  assert.deepEqual(titles(joinFindings([map, jobs], [counter('threads')])), ['1 threads grow', '2 a Map']);
  assert.deepEqual(titles(joinFindings([jobs], [counter('child processes')])), ['1 child processes grow', '2 jobs']);
});

test('if the heap shows only a native handle, the counter has the clearer name', () => {
  const found = joinFindings([inHeap({ title: 'Timeout', kind: 'native' })], [counter('active timers')]);
  assert.deepEqual(titles(found), ['1 active timers grow']);
  // also if rounds of different length counted them
  const tcp = inHeap({ title: 'TCP', kind: 'native', countPerRound: 29, signature: '(GC roots) > TCP' });
  const counters = [counter('TCPSocketWrap', { countPerRound: 37 }), counter('PipeWrap', { countPerRound: 55 })];
  assert.deepEqual(titles(joinFindings([tcp], counters)), ['1 TCPSocketWrap grow', '2 PipeWrap grow']);
});

test('realms belong to what holds them, whatever else gains as many', () => {
  const gain = (name: string) => ({ name, countPerRound: 100, selfBytesPerRound: 1000 });
  const timers = inHeap({
    title: 'timers',
    countPerRound: 147,
    gains: [gain('Object'), gain('system / NativeContext')],
  });
  const map = inHeap({ title: 'a Map', gains: [gain('Session')] });
  const joined = joinFindings([map, timers], [counter('realms')]);
  assert.deepEqual(titles(joined), ['1 a Map', '2 timers']);
  assert.deepEqual(joined[1]?.reasons.at(-1), 'realms: 1, 101, 201');
  assert.deepEqual(titles(joinFindings([map], [counter('realms')])), ['1 a Map', '2 realms grow']);
});

test('native memory is a leak of its own only if nothing in the heap grows', () => {
  const growing = [0, 1, 2, 3].map((k) => reading({ rssBytes: 60_000_000 + k * 40_000_000 }));
  const work = [100, 100, 100];
  const place = { file: '/app/body.mjs', line: 3, column: 1 };
  const alone = withCounters({ growing: [], slowing: [], place }, growing, work).growing;
  assert.equal(alone.length, 1);
  assert.equal(alone[0]?.location, place, 'nothing shows where it comes from but the body');
  assert.deepEqual(alone[0]?.owner, { kind: 'application' });
  const both = withCounters({ growing: [inHeap()], slowing: [], place }, growing, work).growing;
  assert.deepEqual(titles(both), ['1 a Map gains sockets']);
});
