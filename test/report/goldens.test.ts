/**
 * Every report as a whole, character by character: values made by hand or from drawn heaps and profiles, compared with
 * test/golden.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { computeCostDiff } from '#memwatch/analyzer/cost/diff.js';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import { diffHeaps } from '#memwatch/analyzer/heap/diff.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { describeObject } from '#memwatch/analyzer/heap/object-detail.js';
import { summarizeHeap } from '#memwatch/analyzer/heap/summary.js';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import type { Profile } from '#memwatch/analyzer/model/profile.js';
import type { Reading } from '#memwatch/analyzer/model/reading.js';
import { renderCensus } from '#memwatch/report/census-text.js';
import { renderAnnotations, renderCheckMarkdown } from '#memwatch/report/check-markdown.js';
import { renderCheck } from '#memwatch/report/check-text.js';
import { renderCostDiff } from '#memwatch/report/cost-diff.js';
import { renderCostMarkdown } from '#memwatch/report/cost-markdown.js';
import { renderFunctions, renderLines } from '#memwatch/report/cost.js';
import { renderGc, renderLoop } from '#memwatch/report/gc-and-loop.js';
import { renderHeapDiff } from '#memwatch/report/heap-diff-text.js';
import { renderHeap, renderHeapObject } from '#memwatch/report/heap-text.js';
import { renderJunit } from '#memwatch/report/junit.js';
import { renderLeaks } from '#memwatch/report/leaks-text.js';
import { renderReading, renderReadingTitles } from '#memwatch/report/reading.js';
import { finding, leaking, report, scenario } from '../support/check-report.js';
import { drawnProfile } from '../support/drawn-profile.js';
import { drawnSnapshots } from '../support/drawn-snapshot.js';
import { matchesGolden } from '../support/golden.js';
import { temporaryFolder } from '../support/targets.js';

const width = 100;

const heapsOf = async (t: TestContext, counts: readonly number[]): Promise<Heap[]> => {
  const folder = drawnSnapshots(t, counts);
  const graphs = counts.map((_, at) => readHeapSnapshot(`${folder}/${at + 1}.heapsnapshot`));
  return (await Promise.all(graphs)).map((graph) => new Heap(graph, undefined, 'one process'));
};

const profileOf = async (t: TestContext): Promise<Profile> =>
  readProfile(readFileSync(drawnProfile(temporaryFolder(t))));

const leaks: LeakReport = {
  schema: 'memwatch/leaks@1',
  verdict: 'leak',
  reasons: ['one thing grew in each of 3 rounds'],
  evidence: 'snapshots',
  rounds: 3,
  heapBytes: [10_000_000, 10_019_200, 10_038_400, 10_057_600],
  snapshots: 4,
  findings: [
    finding({
      rank: 1,
      owner: { kind: 'dependency', package: 'store', version: '1.2.3' },
      gains: [{ name: 'Session', countPerRound: 200, selfBytesPerRound: 19_200 }],
      keptFunctions: [{ function: 'onEnd()', file: '/app/src/end.ts', line: 7, countPerRound: 200 }],
      allocationSites: [{ function: 'login', file: '/app/src/login.ts', line: 31, bytes: 18_000, calledFrom: null }],
      growthSites: [{ stack: [{ function: 'remember', file: '/app/src/store.ts', line: 14 }], count: 200 }],
    }),
  ],
  warnings: ['the target answered slowly'],
  bounds: [{ of: 'JavaScript heap', unit: 'bytes', perSecond: { estimate: 3800, low: 3100, high: 4400 } }],
  looked: ['JavaScript heap', 'file descriptors', 'classes and collections'],
  notLooked: [{ what: '[worker 1]', why: 'it gives no answer' }],
  threads: [{ worker: '1', verdict: 'inconclusive' }],
};

test('leaks: a leak with all its evidence, a clean run, an open question', () => {
  const clean: LeakReport = { ...leaks, verdict: 'clean', reasons: ['nothing gained'], findings: [], warnings: [] };
  const open: LeakReport = {
    ...clean,
    verdict: 'inconclusive',
    reasons: ['something grew, but less in the last round'],
  };
  matchesGolden('report/leaks.txt', [leaks, clean, open].map((one) => renderLeaks(one, width)).join('\n\n'));
});

test('heap: a summary, a class, one object', async (t) => {
  const [heap] = await heapsOf(t, [12]);
  const options = { limit: 6, classLimit: 6, sort: 'retained' } as const;
  const summary = summarizeHeap(heap, options);
  const sessions = summarizeHeap(heap, { ...options, className: 'Session' });
  assert.ok(summary !== undefined && sessions !== undefined);
  const file = '/srv/app/service.heapsnapshot';
  const session = sessions.dominators[0];
  matchesGolden(
    'report/heap.txt',
    [
      renderHeap(summary, { file, width }),
      renderHeap(sessions, { file, width, className: 'Session' }),
      renderHeapObject(describeObject(heap, heap.nodeWithId(session?.id ?? 0), 5), width),
    ].join('\n\n'),
  );
});

test('diff of three snapshots', async (t) => {
  const diff = diffHeaps(await heapsOf(t, [5, 9, 14]), 10);
  matchesGolden('report/heap-diff.txt', renderHeapDiff(diff, { files: ['1', '2', '3'], limit: 10, width }));
});

test('census: a first count, and one that is compared', () => {
  const first = {
    schema: 'memwatch/census@1',
    classes: [
      { name: 'Session', count: 1200, delta: null },
      { name: 'evil\u001b[2J', count: 3, delta: null },
    ],
    containers: [{ id: 1, heapId: null, kind: 'Map', size: 1200, delta: null, holds: '' }],
    pauseUs: 12_345,
  } as const;
  const second = {
    ...first,
    classes: [{ name: 'Session', count: 1400, delta: 200 }],
    containers: [{ id: 1, heapId: null, kind: 'Array', size: 40, delta: -2, holds: 'Session' }],
  } as const;
  matchesGolden('report/census.txt', [first, second].map((one) => renderCensus(one, 10, width)).join('\n\n'));
});

test('cost: functions, lines, Markdown and a diff of two profiles', async (t) => {
  const table = computeCostTable(await profileOf(t));
  const options = { columns: width, folder: '/srv/app', own: 'own time' };
  const slower = { ...table, functions: table.functions.map((row) => ({ ...row, self: row.self * 2 })) };
  const diff = computeCostDiff(table, slower);
  matchesGolden(
    'report/cost.txt',
    [
      ...renderFunctions(table, table.functions, options),
      '',
      ...renderLines(table, table.lines, options, ({ line }) => `source of line ${line}`),
      '',
      renderCostMarkdown(table, { title: 'service', folder: '/srv/app', own: 'own time', limit: 5 }),
      ...renderCostDiff(diff, { files: ['before', 'after'], columns: width, folder: '/srv/app', limit: 5 }),
    ].join('\n'),
  );
});

test('check: text, Markdown, annotations and JUnit of one run', () => {
  const run = report(scenario(), leaking({ file: 'leaks/login.mjs' }));
  matchesGolden(
    'report/check.txt',
    [
      renderCheck(run, { folder: '/app', color: false }),
      renderCheckMarkdown(run, '/app'),
      ...renderAnnotations(run, '/app', '/app'),
      renderJunit(run, '/app'),
    ].join('\n\n'),
  );
});

test('a live reading, garbage collection and the event loop', () => {
  const reading: Reading = {
    schema: 'memwatch/reading@1',
    timeMs: new Date(2026, 0, 2, 3, 4, 5).getTime(),
    intervalUs: 1_000_000,
    uptimeSeconds: 90,
    rssBytes: 120_000_000,
    heap: {
      usedBytes: 40_000_000,
      totalBytes: 60_000_000,
      limitBytes: 4_000_000_000,
      externalBytes: 2_000_000,
      arrayBuffersBytes: 1_000_000,
      spaces: [],
      nativeContexts: 1,
      detachedContexts: 0,
    },
    cgroup: { usedBytes: 100_000_000, limitBytes: 400_000_000 },
    cpu: { userUs: 400_000, systemUs: 100_000, cores: 0.5 },
    loop: { delay: { meanUs: 1100, p99Us: 12_000, maxUs: 31_000 }, utilization: 0.84 },
    gc: [
      { kind: 'minor', count: 12, durationUs: 21_000 },
      { kind: 'major', count: 2, durationUs: 90_000 },
    ],
    handles: [{ type: 'Timeout', count: 3 }],
  };
  const blocked: Reading = { ...reading, cgroup: null, loop: { delay: null, utilization: 1 }, gc: null, handles: [] };
  matchesGolden(
    'report/reading.txt',
    [
      renderReadingTitles(),
      renderReading(reading),
      renderReading(blocked),
      renderReadingTitles(80),
      renderReading(reading, 80),
      renderGc(reading.gc, reading.intervalUs),
      renderGc([], 0),
      renderGc(null, 0),
      renderLoop(reading.loop),
      renderLoop(blocked.loop),
      renderLoop(null),
    ].join('\n'),
  );
});
