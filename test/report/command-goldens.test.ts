/** Whole texts of plot and audit, of the rows of a query, and of what watch captured: with names that a terminal could mishandle. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { recordHeader, recordLine } from '#memwatch/agent/capture/own-documents.js';
import type { RecordEvent } from '#memwatch/analyzer/model/recording.js';
import type { WatchEvent } from '#memwatch/analyzer/model/watch-event.js';
import { runWords } from '#memwatch/commands/parser.js';
import { renderQueryCsv, renderQueryTable } from '#memwatch/report/query-text.js';
import { renderWatchReport, renderWatchTitle } from '#memwatch/report/watch-text.js';
import { matchesGolden } from '../support/golden.js';
import { recordedReading } from '../support/readings.js';
import { temporaryFolder } from '../support/targets.js';

const evil = 'evil\u001b[2J "quoted", \\ <b>';
const mb = 2 ** 20;
const startMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** What a command prints as text on a screen of 80 columns. */
const textOf = async (...words: readonly string[]): Promise<string> => {
  const printed: string[] = [];
  const nothing = (): void => {};
  await runWords(words, {
    signal: new AbortController().signal,
    json: false,
    color: false,
    columns: 80,
    print: (_, text) => void printed.push(text()),
    line: (text) => void printed.push(text),
    endAtOnce: nothing,
    afterwards: nothing,
    progress: nothing,
    warn: nothing,
  });
  return printed.join('\n');
};

const recording = (t: TestContext, events: readonly RecordEvent[]): string => {
  const file = join(temporaryFolder(t), 'day.record');
  writeFileSync(file, [recordHeader(startMs, 1000), ...events].map(recordLine).join(''));
  return file;
};

const start = (series: number, script: string): RecordEvent => ({
  kind: 'start',
  series,
  timeMs: startMs,
  pid: 4000 + series,
  thread: 'main thread',
  script,
  nodeVersion: 'v22.1.0',
});

test('plot: a heap that rises by a megabyte a second, one with two readings, marks, and an end', async (t) => {
  const rising = Array.from({ length: 60 }, (_, second) =>
    recordedReading({
      timeMs: startMs + second * 1000,
      heapUsedBytes: (20 + second) * mb,
      rssBytes: (100 + second) * mb,
      heapLimitBytes: 500 * mb,
    }),
  );
  const short = [0, 1].map((second) => recordedReading({ series: 2, timeMs: startMs + second * 1000 }));
  const file = recording(t, [
    start(1, 'server.js'),
    start(2, evil),
    ...rising,
    ...short,
    { kind: 'mark', timeMs: startMs + 30_000, text: `deploy ${evil}` },
    { kind: 'end', series: 1, timeMs: startMs + 60_000, how: 'it ended with exit code 0' },
  ]);
  matchesGolden('report/plot.txt', await textOf('plot', file));
});

test('audit: releases that leak, then uses, each with what to do; and a lockfile without any', async (t) => {
  const folder = temporaryFolder(t);
  const lockfile = (packages: Readonly<Record<string, string>>): string => {
    const file = join(folder, 'package-lock.json');
    const entries = Object.entries(packages).map(([name, version]) => [`node_modules/${name}`, { version }]);
    writeFileSync(file, JSON.stringify({ lockfileVersion: 3, packages: Object.fromEntries(entries) }));
    return file;
  };
  const known = await textOf(
    'audit',
    lockfile({ debug: '4.2.0', axios: '1.7.3', inflight: '1.0.6', 'left-pad': '1.3.0' }),
  );
  const none = await textOf('audit', lockfile({ 'left-pad': '1.3.0' }));
  matchesGolden('report/audit.txt', [known, none].join('\n\n----\n\n'));
});

const queried = {
  columns: [
    { name: 'name', type: 'VARCHAR' },
    { name: 'count', type: 'BIGINT' },
    { name: 'file', type: 'VARCHAR' },
    { name: 'share', type: 'DOUBLE' },
    { name: 'path', type: 'VARCHAR[]' },
  ],
  rows: [
    ['Session', 12_345, '/srv/app/src/a/very/long/path/to/the/file/that/defines/it/session.ts', 0.25, ['a', 'b']],
    [evil, 1, null, null, []],
    ['漢字', -7, '/x.ts', 1e-9, null],
  ],
  more: true,
};

test('query: numbers at the right, paths cut at their start, missing values empty; CSV with quotes doubled', () => {
  const texts = [
    renderQueryTable(queried, 80),
    renderQueryTable({ ...queried, more: false }, 200),
    renderQueryTable({ columns: [], rows: [], more: false }, 80),
    renderQueryCsv(queried).replaceAll('\r\n', '\n'),
  ];
  matchesGolden('report/query.txt', texts.join('\n\n----\n\n'));
  assert.equal(renderQueryCsv(queried).split('\r\n').length, 4, 'RFC 4180 ends lines with CR and LF');
});

test('watch: why, the memory, what was found, the files and the notes; and a moment of which little is known', () => {
  const event: WatchEvent = {
    schema: 'memwatch/watch@1',
    timeMs: startMs,
    pid: 4001,
    script: `server.js ${evil}`,
    nodeVersion: 'v22.1.0',
    alarms: [
      { condition: 'heap>80%', reason: 'the used heap is 412 MB, 82.4% of 500 MB' },
      { condition: 'heap +5%/h', reason: 'the used heap grows by 9.1% an hour' },
    ],
    rssBytes: 600 * mb,
    heapUsedBytes: 412 * mb,
    folder: '/evidence/20260102-030405-000-4001',
    files: ['cpu.cpuprofile', 'survivors.heapprofile', 'census.json', 'leaks.json', 'leaks.html'],
    verdict: 'leak',
    findings: [{ title: 'Map sessions gains 20 Session a round', place: '/app/store.ts:12' }],
    sites: [
      { function: 'remember', file: '/app/cache.js', line: 3, liveBytes: 40 * mb, grewBytes: 40 * mb, calledFrom: null, addsIn: [] }, // prettier-ignore
      { function: evil, file: '/app/x.js', line: 1, liveBytes: 1000, grewBytes: 1000, calledFrom: null, addsIn: [] },
    ],
    notes: [`snapshot: it would take about 2 GB, more than --max-disk`],
  };
  const bare = {
    ...event,
    pid: null,
    alarms: event.alarms.slice(0, 1),
    files: [],
    sites: [],
    notes: [],
    verdict: null,
  };
  const texts = [
    renderWatchReport(event, 'LEAK at /app/store.ts:12'),
    renderWatchReport(bare, ''),
    renderWatchTitle(bare),
  ];
  matchesGolden('report/watch.txt', texts.join('\n----\n\n'));
});
