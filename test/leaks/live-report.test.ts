/** The report on a running target: a search of the heap and a watch of the rest, under one verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRising } from '#memwatch/analyzer/growth/readings/gate.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import {
  findOutsideHeap,
  reportOfCut,
  reportOfUnseen,
  reportOfWatch,
  risingText,
  withStepsSince,
  withWatch,
} from '#memwatch/leaks/live-report.js';
import { cutOf } from '#memwatch/leaks/watch.js';
import { MemwatchError } from '#memwatch/errors.js';
import { finding } from '../support/check-report.js';
import { gateReading, processReading, watchedTarget } from '../support/watched.js';

const mb = 2 ** 20;
const searched = (verdict: 'leak' | 'inconclusive' | 'clean', findings: readonly Finding[], reasons: string[]) =>
  leakReport({ verdict, reasons, findings: [...findings], evidence: 'snapshots', rounds: 3, heapBytes: [] });
const opensFiles = (second: number) => ({ fileDescriptors: 20 + 3 * second });

test('a target that does not grow is clean, with the bounds of its growth before the other reasons', () => {
  const report = reportOfWatch(watchedTarget());
  assert.equal(report.verdict, 'clean', report.reasons.join('\n'));
  assert.match(report.reasons[0] ?? '', /JavaScript heap|the heap/);
  assert.equal(
    report.reasons[1],
    'none of 1 classes and no collection rose in each round; no heap snapshot was needed',
  );
  assert.deepEqual([report.findings, report.rounds, report.evidence], [[], 4, 'census']);
});

test('file descriptors that are opened all the time are a leak, by what most of them are', () => {
  const descriptors = [
    { kind: 'file /var/log/#', count: 100 },
    { kind: 'socket 10.0.0.1:5432', count: 20 },
  ];
  const report = reportOfWatch(watchedTarget(opensFiles, { descriptors }));
  assert.equal(report.verdict, 'leak');
  const [files] = report.findings;
  assert.match(files?.title ?? '', /file descriptors.*: most are file \/var\/log\/#$/);
  assert.equal(Math.round(files?.countPerRound ?? 0), 30);
  assert.deepEqual([files?.history[0], files?.history.at(-1), files?.history.length], [20, 140, 6]);
  assert.ok(files?.reasons.includes('there are more of: file /var/log/# (+100), socket 10.0.0.1:5432 (+20)'));
});

test('a buffer that doubled before a watch and stood still in it is not clean', () => {
  const holding = (megabytes: number, fromMs: number) =>
    watchedTarget((second) => ({ externalBytes: megabytes * mb, atMs: fromMs + 1000 * second }));
  const verdictOf = (before: number): string => {
    const { verdict, reasons } = reportOfWatch(withStepsSince(holding(before, 0), holding(64, 60_000)));
    return `${verdict}: ${reasons[0] ?? ''}`;
  };
  assert.match(verdictOf(16), /^inconclusive: external memory grew by 48\.0 MB in 100 s, but less at the end/);
  assert.match(verdictOf(60), /^clean/);
});

test('rounds of a watch and of the search after it prove together that memory outside the heap grows', () => {
  const holding = (second: number) => ({ externalBytes: (10 + 4 * second) * mb, arrayBuffersBytes: 0 });
  const watched = watchedTarget(holding, { known: [] });
  const later = [50, 60].map((second) => processReading({ atMs: 1000 * second, ...holding(second) }));
  assert.deepEqual(findOutsideHeap(watched), [], 'too few rounds');
  const [grown] = findOutsideHeap(watched, later);
  assert.deepEqual([grown?.container.name, (grown?.bytesPerRound ?? 0) / mb], ['external memory', 40]);
  const standing = later.map((one) => ({ ...one, externalBytes: holding(40).externalBytes }));
  assert.deepEqual(findOutsideHeap(watched, standing), [], 'it stands still during the search');
});

test('sockets that came only while snapshots stopped the target are no leak, but leave it open whether there is one', () => {
  const sockets = finding({ container: { id: 7, name: 'TCP', type: 'object' }, gains: [{ name: 'Socket', countPerRound: 15, selfBytesPerRound: 900 }] }); // prettier-ignore
  const reportOf = (perSecond: number, findings: readonly Finding[]) => {
    const watched = watchedTarget((second) => ({ resources: { TCPSocketWrap: 4 + Math.floor(perSecond * second) } }));
    const { verdict, findings: left, reasons } = withWatch(searched('leak', findings, ['15 a round']), watched);
    return [verdict, left.length, reasons[0] ?? ''];
  };
  assert.deepEqual(reportOf(0, [sockets]).slice(0, 2), ['inconclusive', 0]);
  assert.match(String(reportOf(0, [sockets])[2]), /^sockets were opened while snapshots stopped it/);
  assert.deepEqual(reportOf(0, [finding(), sockets]).slice(0, 2), ['leak', 1]);
  assert.equal(reportOf(1.5, [sockets])[0], 'leak');
});

test('a child process takes memory outside the heap, and the finding says how much each takes', () => {
  const change = (second: number) => ({ childProcesses: second, childrenRssBytes: 30 * mb * second });
  const [children] = findOutsideHeap(watchedTarget(change));
  assert.ok(children?.reasons.includes('each takes about 30.0 MB outside the heap'), children?.reasons.join('\n'));
  assert.equal(Math.round((children?.bytesPerRound ?? 0) / mb), 300);
});

test('a few rounds prove that child processes never end, if snapshots prove that what stands for them stays', () => {
  const roundReadings = [0, 1, 2, 3].map((round) =>
    processReading({ atMs: 2000 * round, childProcesses: 3 * round, childrenRssBytes: 30 * mb * round }),
  );
  const watched = watchedTarget(undefined, { known: [], roundReadings });
  const gaining = (name: string): Finding => finding({ gains: [{ name, countPerRound: 3, selfBytesPerRound: 900 }] });
  const shown = (inHeap: readonly Finding[]): string[] =>
    findOutsideHeap(watched, [], inHeap).map(({ title }) => title);
  assert.deepEqual(shown([gaining('ChildProcess')]), ['child processes are started and never end']);
  assert.deepEqual(shown([gaining('Session')]), []);
  const { findings } = withWatch(searched('leak', [gaining('ChildProcess')], []), watched);
  assert.deepEqual(findings.map(({ rank, title }) => `${rank} ${title}`), ['1 child processes are started and never end']); // prettier-ignore
});

test('native memory must grow by more than an allocator takes while it settles', () => {
  const growing = (perSecond: number) => (second: number) => ({ rssBytes: 60 * mb + perSecond * second });
  const names = (perSecond: number) =>
    findOutsideHeap(watchedTarget(growing(perSecond))).map(({ container }) => container.name);
  assert.deepEqual(names(0.5 * mb), []);
  assert.deepEqual(names(2 * mb), ['native memory']);
});

test('timers settle later, so that they alone are no leak', () => {
  const timers = (second: number) => ({ resources: { Timeout: 5 + second } });
  assert.deepEqual(findOutsideHeap(watchedTarget(timers)), []);
});

test('readings of the rounds after the watch prove what the watch left open', () => {
  const watched = watchedTarget();
  const later = [1, 2, 3].map((round) => processReading({ atMs: 40_000 + round * 1000, fileDescriptors: 20 }));
  assert.deepEqual(findOutsideHeap(watched, later), []);
  const opening = watched.roundReadings.map((one, i) => ({ ...one, fileDescriptors: 20 + 10 * i }));
  const more = [5, 6].map((round) => processReading({ atMs: round * 10_000, fileDescriptors: 20 + 10 * round }));
  const [files] = findOutsideHeap({ ...watched, roundReadings: opening }, more);
  assert.match(files?.title ?? '', /file descriptors/);
});

test('what the search of the heap found comes with what grows outside it, and its place is asked for', () => {
  const place = (one: Finding): Finding => ({ ...one, owner: { kind: 'node' } });
  const watched = watchedTarget(opensFiles);
  const report = withWatch(searched('leak', [finding()], ['Map sessions grew']), watched, [], place);
  assert.deepEqual([report.verdict, report.findings.length], ['leak', 2]);
  assert.deepEqual(report.findings.map(({ owner }) => owner.kind).toSorted(), ['application', 'node']);
  assert.equal(report.reasons.at(-1), 'Map sessions grew');
});

test('a search that left something open makes the verdict inconclusive, unless something else is a leak', () => {
  const open = searched('inconclusive', [], ['Map sessions may be a cache']);
  assert.deepEqual(withWatch(open, watchedTarget()).reasons, ['Map sessions may be a cache']);
  assert.equal(withWatch(open, watchedTarget()).verdict, 'inconclusive');
  assert.equal(withWatch(open, watchedTarget(opensFiles)).verdict, 'leak');
});

test('Ctrl-C leaves what has risen so far as a hint, which is not a finding', () => {
  const cut = { why: 'it was interrupted', seen: [] };
  assert.deepEqual(reportOfCut(watchedTarget(), cut).reasons, ['it was interrupted after 40 s']);
  const counts = [0, 1, 2].map((round) => gateReading(round * 1000, 5e6 + round * 1e5, { Session: 100 * round }));
  const rising = watchedTarget(() => ({}), { gate: { readings: counts, rising: findRising(counts), sites: [] } });
  assert.match(risingText(rising) ?? '', /Session/);
  const report = reportOfCut(rising, cut);
  assert.match(report.reasons[0] ?? '', /^it was interrupted before growth was proved; so far .*Session/);
  assert.deepEqual([report.verdict, report.findings], ['inconclusive', []]);
});

test('memory that runs short leaves what was seen till then, the snapshots that were compared first; any other error is one', () => {
  const { signal } = new AbortController();
  const noRoom = new MemwatchError('no-room', 'a snapshot takes 2 GB, and the host has 1 GB left');
  const cut = cutOf(noRoom, signal);
  assert.ok(cut !== undefined);
  assert.match(
    reportOfCut(watchedTarget(), cut).reasons[0] ?? '',
    /^it could not go on \(a snapshot .* left\) after 40 s$/,
  );
  const map = finding({ title: 'Map sessions gains 5 Session a round' });
  const report = reportOfCut(watchedTarget(), cut, searched('leak', [map], ['one thing grew']));
  assert.match(report.reasons.join(), /^it could not go on .* before growth was proved; so far Map sessions gains 5/);
  assert.deepEqual([report.verdict, report.findings], ['inconclusive', []]);
  assert.equal(reportOfUnseen(noRoom, signal).verdict, 'inconclusive');
  assert.throws(() => reportOfUnseen(new TypeError('a bug'), signal), TypeError);
});
