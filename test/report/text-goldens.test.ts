/** Whole texts of why, of the metrics, and the frame of each page: everything but style, scripts and drawings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { computeInclusive } from '#memwatch/analyzer/cost/functions.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import type { WhyDocument } from '#memwatch/analyzer/model/why.js';
import { renderFlamegraphPage } from '#memwatch/report/flamegraph/page.js';
import { pageOf, type PageDocument } from '#memwatch/report/page/documents.js';
import { renderPage } from '#memwatch/report/page/html.js';
import { renderPrometheus } from '#memwatch/report/prometheus.js';
import { renderWhy } from '#memwatch/report/why-text.js';
import { finding } from '../support/check-report.js';
import { drawnProfile } from '../support/drawn-profile.js';
import { frameOf, matchesGolden } from '../support/golden.js';
import { temporaryFolder } from '../support/targets.js';

const evil = 'evil\u001b[2J "quoted" \\ <b>';
const mb = 2 ** 20;

const why: WhyDocument = {
  schema: 'memwatch/why@1',
  folder: '/evidence/20260102-030405-7',
  pid: 7,
  script: `/app/server.js ${evil}`,
  nodeVersion: 'v22.1.0',
  startedMs: 1_767_322_000_000,
  lastMs: 1_767_322_090_000,
  ended: { isKnown: false, how: "V8's heap was full: 498 MB of 500 MB at its last reading" },
  limits: [{ of: 'heap', usedBytes: 498 * mb, limitBytes: 500 * mb }],
  memory: {
    overUs: 60e6,
    rssBytes: [100 * mb, 600 * mb],
    heapUsedBytes: [50 * mb, 498 * mb],
    externalBytes: [mb, 2 * mb],
  },
  samples: 2,
  sites: [
    { function: 'remember', file: '/app/cache.js', line: 3, liveBytes: 400 * mb, grewBytes: 390 * mb, calledFrom: { function: 'serve', file: '/app/server.js', line: 9 }, addsIn: [{ function: 'remember', file: '/app/cache.js', line: 5 }] },
    { function: evil, file: '/elsewhere/x.js', line: 1, liveBytes: mb, grewBytes: mb, calledFrom: null, addsIn: [] },
  ],
  censuses: 2,
  containers: [{ kind: 'Map', size: 90_000, grew: 80_000, holds: 'Session', heldBy: `Store.${evil}` }],
  workers: [{ worker: 2, samples: 1, sites: [{ function: 'index', file: '/app/worker.js', line: 2, liveBytes: 50 * mb, grewBytes: 50 * mb, calledFrom: null, addsIn: [] }], censuses: 1, containers: [{ kind: 'Set', size: 700, grew: 700, holds: '', heldBy: '' }] }],
  marks: [{ timeMs: 1_767_322_010_000, text: `deploy ${evil}` }],
  files: ['survivors-1-00001.heapprofile', 'survivors-1-00002.heapprofile', 'cpu-00001.cpuprofile'],
}; // prettier-ignore

test('why: how it ended, its memory, what grew, marks and what to open; and what little is known of an early end', () => {
  const buffers = { ...why, samples: 1, memory: { ...why.memory, overUs: 1e6, rssBytes: [mb, mb], heapUsedBytes: [mb, mb], externalBytes: [mb, 90 * mb] } } as const; // prettier-ignore
  const early = {
    ...why,
    pid: null,
    memory: null,
    limits: [],
    samples: 0,
    sites: [],
    containers: [],
    workers: [],
    marks: [],
    files: [],
  };
  const texts = [why, buffers, { ...buffers, sites: [] }, early].map((one) => renderWhy(one, '/app'));
  matchesGolden('report/why.txt', texts.join('\n\n----\n\n'));
});

test('metrics: each with its help and type, metrics without samples left out; labels have no escape but those of the format', () => {
  const text = renderPrometheus([
    { name: 'nodejs_heap_size_used_bytes', help: 'Used heap.', type: 'gauge', samples: [{ labels: { pid: '7', script: evil }, value: 1234.5 }, { labels: {}, value: 0 }] },
    { name: 'nodejs_nothing', help: 'Never read.', type: 'counter', samples: [] },
    { name: 'nodejs_gc_duration_seconds', help: 'Collections.', type: 'summary', samples: [{ suffix: '_sum', labels: { kind: 'major' }, value: 0.25 }, { suffix: '_count', labels: { kind: 'major' }, value: 3 }] },
  ]); // prettier-ignore
  // Prometheus refuses a whole page for any other escape in a label
  assert.deepEqual(
    text.match(/\\./g)?.filter((one) => !['\\\\', '\\"', '\\n'].includes(one)),
    [],
  );
  matchesGolden('report/prometheus.txt', text);
});

const context = { footer: ['made by memwatch'], sourceOf: () => undefined };

test('the page of leaks: verdict, charts, findings with path and place, what was looked at and what was not', () => {
  const report = leakReport({
    verdict: 'leak',
    reasons: ['one thing grew in each of 3 rounds'],
    evidence: 'snapshots',
    rounds: 3,
    heapBytes: [5e6, 6e6, 7e6],
    snapshots: 4,
    findings: [finding()],
    warnings: [`a warning ${evil}`],
    bounds: [{ of: 'heap', unit: 'bytes', perSecond: { estimate: 1024, low: 512, high: 2048 } }],
    looked: ['JavaScript heap'],
    notLooked: [{ what: 'worker 2', why: 'it did not answer' }],
  });
  matchesGolden('report/page-leaks.html', frameOf(renderPage(pageOf(report, '/app'), context)));
});

test('the page of a heap: its biggest objects with their paths, and its classes', () => {
  const path = [
    { edge: '', label: '', kind: 'word', name: 'global', type: 'object', id: 1 },
    { edge: 'sessions', label: 'sessions', kind: 'property', name: 'Map', type: 'object', id: 9 },
  ] as const;
  const object = { id: 9, name: 'Map', type: 'object', selfBytes: 32, retainedBytes: 9000, path };
  const document: PageDocument = {
    schema: 'memwatch/heap@1',
    snapshot: { file: evil, nodes: 12, edges: 30, selfBytes: 10_000 },
    classes: [{ name: 'Session', count: 60, selfBytes: 6000, retainedBytes: 8000 }],
    dominators: [
      { ...object, location: { file: '/app/cache.js', line: 3, column: 1 } },
      { ...object, id: 11, path: [] },
    ],
  };
  matchesGolden('report/page-heap.html', frameOf(renderPage(pageOf(document, '/app'), context)));
});

test('the page of a flame graph: its controls, and its tables', (t) => {
  const profile = readProfile(readFileSync(drawnProfile(temporaryFolder(t))));
  const inclusive = computeInclusive(profile, profile.values[0]?.self ?? new Float64Array());
  const page = renderFlamegraphPage(profile, { title: evil, folder: '/app', inclusive, isHidden: () => false, unit: 'microseconds', whole: 5000, functions: [], lines: [] }); // prettier-ignore
  matchesGolden('report/page-flamegraph.html', frameOf(page));
});
