/** Whole reports on a process: its memory, its threads, its waste, the lines of its functions, and its flame graph as SVG. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { computeCallerTree, computeCalleeTree, type CallTreeEntry } from '#memwatch/analyzer/cost/call-tree.js';
import { computeFlameTree } from '#memwatch/analyzer/cost/flame-tree.js';
import { computeInclusive } from '#memwatch/analyzer/cost/functions.js';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import type { LineCost, LinesResult } from '#memwatch/analyzer/model/lines.js';
import type { Profile } from '#memwatch/analyzer/model/profile.js';
import type { WasteReport } from '#memwatch/analyzer/model/waste.js';
import { renderDump } from '#memwatch/report/dump-text.js';
import { renderFlamegraphSvg, type FlamegraphOptions } from '#memwatch/report/flamegraph/svg.js';
import { linesDocument, renderLines } from '#memwatch/report/lines-table.js';
import { renderCostTree, type CostTreeNode } from '#memwatch/report/cost-tree.js';
import { renderMemory } from '#memwatch/report/memory-text.js';
import { renderTop, type TopView } from '#memwatch/report/top-text.js';
import { renderWaste } from '#memwatch/report/waste-text.js';
import { drawnDump, drawnMemory as memory, evil } from '../support/drawn-process.js';
import { drawnProfile } from '../support/drawn-profile.js';
import { inUtc, matchesGolden } from '../support/golden.js';
import { temporaryFolder } from '../support/targets.js';

const width = 100;

test('memory: parts, limits, a forecast and advice; changes of a watch; a process of which little is known', (t) => {
  inUtc(t);
  const [heap, ...others] = memory.parts;
  assert.ok(heap !== undefined);
  const later = {
    ...memory,
    watch: { sinceMs: 0, seconds: 64, readings: 32, missingReadings: 0, rssDelta: 4_900_000 },
    parts: [{ ...heap, delta: 5_000_000, growsSinceMs: 20_000 }, ...others.map((one) => ({ ...one, delta: -4096 }))],
  };
  const endless = { ...later, forecast: { ...later.forecast, of: evil, bytesPerSecond: 10, seconds: 9e5, lowSeconds: 8e5, highSeconds: null } }; // prettier-ignore
  const nothing = {
    parts: [],
    limits: [],
    pageCache: null,
    pressure: null,
    oomKills: null,
    watch: null,
    forecast: null,
    advice: [],
    warnings: [],
  };
  const little = { ...memory, ...nothing, swapBytes: 0, rssBytes: 0, accountedBytes: 0 };
  matchesGolden(
    'report/memory.txt',
    [memory, endless, little].map((one) => renderMemory(one, width)).join('\n\n-----\n\n'),
  );
});

test('dump: threads that run, wait, idle and do not answer, their handles, and children', () => {
  const offline = { ...drawnDump, pid: null, nodeVersion: null, threads: [], children: [], warnings: [] };
  matchesGolden('report/dump.txt', [drawnDump, offline].map(renderDump).join('\n\n-----\n\n'));
});

const step = (edge: string, name: string, id: number) =>
  ({ edge, label: edge, kind: 'property', name, type: 'object', id }) as const;

test('waste: an exact kind and an upper bound, with who holds it; and none', () => {
  const report: WasteReport = {
    schema: 'memwatch/waste@1',
    totalBytes: 50_000_000,
    wastedBytes: 9_000_000,
    kinds: [
      {
        kind: 'equal-strings',
        title: 'Strings that are equal',
        count: 12_345,
        bytes: 8_000_000,
        upperBound: null,
        advice: 'keep one of each in a Map, and use that one',
        examples: [
          {
            id: 77,
            name: `"${evil}"`,
            path: [
              step('', 'global', 1),
              step('users', 'Map', 5),
              step('entry', 'User', 9),
              step('country', '(string)', 77),
            ],
            location: { file: '/srv/app/src/users.js', line: 12, column: 3 },
            count: 12_000,
            bytes: 7_900_000,
          },
          { id: 78, name: `"${evil}"`, path: [], location: null, count: 345, bytes: 100_000 },
        ],
      },
      {
        kind: 'large-slices',
        title: 'Small slices of large strings',
        count: 3,
        bytes: 1_000_000,
        upperBound: 'another slice may need the same string',
        advice: 'copy the slice',
        examples: [],
      },
    ],
  };
  const none = { ...report, wastedBytes: 0, kinds: [] };
  const file = '/srv/app/service.heapsnapshot';
  matchesGolden('report/waste.txt', [report, none].map((one) => renderWaste(one, file, width)).join('\n\n-----\n\n'));
});

const line = (number: number, source: string, values: Partial<LineCost>): LineCost => ({
  line: number,
  source,
  hits: 10,
  timeUs: 0,
  incrementBytes: 0,
  externalBytes: 0,
  certainty: 'measured',
  memoryBytes: 30_000_000,
  untimedHits: 0,
  ticks: undefined,
  ...values,
});

const source = ['  login(user) {', '\tconst hash = slow(user);', `    log("${evil}");`, '    return hash;', '  }'];

test('lines: counted, sampled and never called, in a wide terminal and a narrow one, and as a document', () => {
  const unread = { hits: undefined, incrementBytes: undefined, externalBytes: undefined, memoryBytes: undefined };
  const at = { file: `/srv/${evil}.js`, firstLine: 40, source };
  const result: LinesResult = {
    functions: [
      {
        ...at,
        name: 'login',
        calls: 10,
        lines: [
          line(41, source[1] ?? '', { timeUs: 30_000, incrementBytes: 9000, certainty: 'scaled' }),
          line(42, source[2] ?? '', { timeUs: undefined, incrementBytes: -5000, certainty: 'net', untimedHits: 10 }),
          line(43, source[3] ?? '', { hits: 0 }),
        ],
      },
      {
        ...at,
        name: 'sampled',
        calls: undefined,
        allocation: { bytes: 4_000_000, liveBytes: 1_000_000 },
        lines: [line(41, source[1] ?? '', { ...unread, timeUs: 7000, ticks: 7 })],
      },
      { ...at, name: 'idle', calls: 0, lines: [line(41, source[1] ?? '', { hits: 0 })] },
    ],
    floor: { bytesPerHit: 64, usPerHit: 0.5 },
    notes: ['counted in 2 threads'],
  };
  matchesGolden(
    'report/lines.txt',
    [
      renderLines(result, { columns: 120, color: false }),
      renderLines(result, { columns: 60, color: true }),
      JSON.stringify(linesDocument(result), undefined, 1),
    ].join('\n\n-----\n\n'),
  );
});

const profileOf = (t: TestContext): Profile => readProfile(readFileSync(drawnProfile(temporaryFolder(t))));

test('flame graph: SVG of a profile without idle time, and one of what changed', (t) => {
  const profile = profileOf(t);
  const nameOf = (node: number): string | undefined => profile.frames[profile.nodeFrame[node] ?? -1]?.name;
  const [values] = profile.values;
  assert.ok(values !== undefined);
  const options: FlamegraphOptions = {
    inclusive: computeInclusive(profile, values.self),
    isHidden: (node) => nameOf(node) === '(idle)',
    title: `<service> & "${evil}"`,
    folder: '/srv/app',
  };
  const change = (node: number) => ({ label: 'now', share: nameOf(node) === 'hashPassword' ? 0.1 : -0.25 });
  matchesGolden('report/flamegraph.svg', renderFlamegraphSvg(profile, options));
  matchesGolden('report/flamegraph-diff.svg', renderFlamegraphSvg(profile, { ...options, change }));
});

test('top: threads, the longest block with and without a stack, functions cut to the height, and nothing that ran', (t) => {
  inUtc(t);
  const table = computeCostTable(readProfile(readFileSync(drawnProfile(temporaryFolder(t)))));
  const at = new Date(Date.UTC(2026, 0, 2, 13, 4, 5));
  const stack = [
    { function: 'hashPassword', file: '/srv/app/service.mjs', line: 6 },
    { function: '', file: '', line: 0 },
  ];
  const loop = { utilization: 0.5, delay: { meanUs: 100, p99Us: 2000, maxUs: 81_000 } };
  const view: TopView = {
    title: `process 4321 ${evil}, Node v22.1.0`,
    at,
    table,
    functions: table.functions,
    threads: [
      { name: 'main thread', busy: 0.75, loop },
      { name: `worker 1 (${evil})`, busy: 0, loop: null },
    ],
    block: { thread: 'main thread', durationUs: 81_000, at, stack },
  };
  const idle = { ...view, functions: [], block: { thread: 'worker 1', durationUs: 52_000, at, stack: [] } };
  const waits = [
    { function: 'spawn', file: '', line: 0 },
    { function: 'spawnSync', file: 'node:internal/child_process', line: 1105 },
    { function: 'execSync', file: 'node:child_process', line: 979 },
    { function: 'convert', file: '/srv/app/service.mjs', line: 8 },
  ];
  const child = { ...view, block: { thread: 'main thread', durationUs: 90_000, at, stack: waits } };
  const size = { columns: width, lines: 10, folder: '/srv/app' };
  matchesGolden(
    'report/top.txt',
    [view, idle, { ...view, block: undefined }, child]
      .map((one) => renderTop(one, size).join('\n'))
      .join('\n\n-----\n\n'),
  );
});

test('call trees: callees, callers, and one that is cut after its limit', (t) => {
  const profile = readProfile(readFileSync(drawnProfile(temporaryFolder(t))));
  const nodes = computeFlameTree(profile);
  const { whole } = computeCostTable(profile);
  const nodeOf = ({ frame, value, children }: CallTreeEntry): CostTreeNode => {
    const { name = '', location } = profile.frames[frame] ?? {};
    const [file, line] = [location?.file ?? null, location?.line ?? null];
    return { name, file, line, mayBeInlined: name === 'renderPage', value, children: () => children().map(nodeOf) };
  };
  const options = { unit: 'microseconds', whole, columns: width, folder: '/srv/app', limit: 50 } as const;
  const [callees, callers] = [computeCalleeTree(nodes), computeCallerTree(nodes)].map((tree) => tree.map(nodeOf));
  assert.ok(callees !== undefined && callers !== undefined);
  matchesGolden(
    'report/cost-tree.txt',
    [
      renderCostTree(callees, { ...options, title: 'callees' }),
      renderCostTree(callers, { ...options, title: 'callers' }),
      renderCostTree(callees, { ...options, title: 'callees', limit: 2 }),
    ]
      .map((lines) => lines.join('\n'))
      .join('\n\n-----\n\n'),
  );
});
