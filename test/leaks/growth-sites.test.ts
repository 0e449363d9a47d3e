/** The one round in which code that adds is watched: which objects, what the report says of them and of what was not seen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileDescriptors } from '#memwatch/analyzer/growth/readings/counters.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import type { Finding, LeakReport } from '#memwatch/analyzer/model/finding.js';
import { adviseGrowthSites, withGrowthSites } from '#memwatch/leaks/growth-sites.js';
import type { Looking } from '#memwatch/leaks/watch-notes.js';
import { finding } from '../support/check-report.js';
import { drawAttachment, drawSession, valueOf } from '../support/drawn-session.js';
import { processReading } from '../support/watched.js';

const stackOf = (name: string) => [{ function: name, url: '/srv/app/store.js', line: 9, column: 5 }];

const createTarget = (sites: readonly object[]) => {
  const asked: unknown[] = [];
  const rounds: string[] = [];
  const drawn = drawSession({
    'Runtime.evaluate': () => valueOf({ usedBytes: 5e6, largeBytes: 0 }),
    'Runtime.callFunctionOn': () => valueOf(sites),
    'HeapProfiler.getObjectByHeapObjectId': ({ objectId }) => {
      asked.push(objectId);
      if (objectId === '13') throw new Error('no object with this id');
      return { result: { objectId: `object ${String(objectId)}` } };
    },
  });
  const looking: Looking = {
    attachment: drawAttachment(drawn.session),
    census: {
      count: async () => assert.fail('nothing is counted'),
      sizes: () => Promise.resolve([]),
      close: async () => {},
    },
    readings: { lastMs: 1, read: async () => processReading() },
    round: async (name) => void rounds.push(name),
    io: { signal: new AbortController().signal, progress: () => {}, warn: () => {} },
    collects: true,
  };
  return { looking, drawn, asked, rounds };
};

const reportOf = (...findings: readonly Finding[]): LeakReport =>
  leakReport({
    verdict: 'leak',
    reasons: [],
    findings: findings.map((one, at) => ({ ...one, rank: at + 1 })),
    evidence: 'snapshots',
    rounds: 3,
    heapBytes: [],
  });

test('the container of a finding is watched for one round, and its report has the stacks that added', async () => {
  const { looking, asked, rounds, drawn } = createTarget([{ stack: stackOf('add'), count: 4 }]);
  const report = await withGrowthSites(reportOf(finding()), looking, true);
  assert.deepEqual([asked, rounds], [['7'], ['watching what adds']]);
  assert.deepEqual(report.findings[0]?.growthSites, [
    { count: 4, stack: [{ function: 'add', file: '/srv/app/store.js', line: 9 }] },
  ]);
  assert.deepEqual(report.warnings, []);
  assert.ok(drawn.sent.includes('Runtime.releaseObjectGroup'), 'what was touched is released');
});

test('the three first findings are watched in the same round; further ones stay as they are', async () => {
  const { looking, asked, rounds } = createTarget([{ stack: stackOf('add'), count: 1 }]);
  const four = [21, 22, 23, 24].map((id) => finding({ container: { id, name: 'Map', type: 'object' } }));
  const report = await withGrowthSites(reportOf(...four), looking, true);
  assert.deepEqual([asked.toSorted(), rounds.length], [['21', '22', '23'], 1]);
  assert.deepEqual(report.findings.map(({ growthSites }) => growthSites.length), [1, 1, 1, 0]); // prettier-ignore
});

test('listeners are added to the emitter that owns their list', async () => {
  const { looking, asked } = createTarget([]);
  const step = (edge: string, id: number) => ({ edge, label: edge, kind: 'property' as const, name: edge, type: 'object' as const, id }); // prettier-ignore
  const path = [step('server', 41), step('_events', 42), step('request', 43)];
  const listeners = finding({ kind: 'listeners', path, container: { id: 43, name: 'Array', type: 'object' } });
  await withGrowthSites(reportOf(listeners), looking, true);
  assert.deepEqual(asked, ['41']);
});

test('a container to which nothing was added in that round, or that is gone, is named in a warning', async () => {
  const { looking } = createTarget([]);
  const gone = finding({ title: 'Map old', container: { id: 13, name: 'Map', type: 'object' } });
  const report = await withGrowthSites(reportOf(finding({ title: 'Map jobs' }), gone), looking, true);
  assert.deepEqual(report.warnings, [
    'nothing added to finding 1 (Map jobs) while it was watched',
    'nothing added to finding 2 (Map old) while it was watched',
  ]);
  assert.deepEqual(report.findings.map(({ growthSites }) => growthSites), [[], []]); // prettier-ignore
});

test('what cannot be watched costs no round, and the warning says why', async () => {
  const { looking, rounds, drawn } = createTarget([]);
  const report = await withGrowthSites(reportOf(finding({ kind: 'class' })), looking, true);
  assert.deepEqual(report.warnings, ['growth sites of finding 1 cannot be watched: its kind is class']);
  assert.deepEqual([rounds, drawn.sent], [[], []]);
});

test('without memory to find the objects only what is opened is watched', async () => {
  const { looking, asked, rounds } = createTarget([{ stack: stackOf('open'), count: 2 }]);
  const files = finding({ kind: 'native', container: { id: 0, name: fileDescriptors, type: 'native' } });
  const report = await withGrowthSites(reportOf(finding(), files), looking, false);
  assert.deepEqual([asked, rounds.length], [[], 1]);
  assert.equal(report.warnings.length, 1);
  assert.match(report.warnings[0] ?? '', /^growth sites are not watched, because memory is short: finding the objects/);
  assert.deepEqual(report.findings.map(({ growthSites }) => growthSites.length), [0, 1]); // prettier-ignore
  assert.deepEqual(report.findings[1]?.location, { file: '/srv/app/store.js', line: 9, column: 0 });
});

test('what was opened by a line that nothing has shown is advised to be watched; what has a place, or is not opened, is not', () => {
  const place = { file: '/srv/app/a.js', line: 1, column: 0 };
  const of = (name: string, location: Finding['location'], advice: string | null = 'Close it.'): Finding =>
    finding({ kind: 'native', container: { id: 0, name, type: 'native' }, location, advice });
  const all = [
    of(fileDescriptors, null),
    of(fileDescriptors, place),
    of('native memory', null),
    of(fileDescriptors, null, null),
  ];
  assert.deepEqual(
    adviseGrowthSites(reportOf(...all)).findings.map(({ advice }) => advice),
    [
      'Close it. memwatch leaks --growth-sites shows the line that opens it.',
      'Close it.',
      'Close it.',
      'memwatch leaks --growth-sites shows the line that opens it.',
    ],
  );
});
