import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathStep } from '#memwatch/analyzer/model/path.js';
import type { Finding, LeakReport } from '#memwatch/analyzer/model/finding.js';
import type { Effect, UiEvent } from '#memwatch/tui/state/events.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { textOf } from '#memwatch/tui/rows/line.js';
import { frontView, initialState, type State } from '#memwatch/tui/state/state.js';
import { update } from '#memwatch/tui/keys/update.js';
import { wantsOf } from '#memwatch/tui/keys/wants.js';

const finding = (more: Partial<Finding> = {}): Finding => ({
  rank: 1,
  kind: 'map',
  title: 'Map sessions gains 20 Session a round and keeps them',
  signature: 'sessions > Map > Session',
  bytesPerRound: 4000,
  countPerRound: 20,
  retainedBytesPerRound: 4000,
  history: [20, 40, 60, 80],
  container: { id: 7, name: 'Map', type: 'object' },
  gains: [],
  path: [],
  location: { file: '/srv/app/cache.js', line: 12, column: 1 },
  owner: { kind: 'application' },
  keptFunctions: [],
  allocationSites: [
    { function: 'handle', file: '/srv/app/server.js', line: 30, bytes: 4096, calledFrom: null },
    { function: 'parse', file: '/srv/app/parse.js', line: 5, bytes: 1024, calledFrom: null },
  ],
  growthSites: [],
  advice: null,
  reasons: [],
  ...more,
});

const key = (name: string): UiEvent => ({ type: 'key', key: name });
const play = (state: State, ...events: readonly UiEvent[]): State =>
  events.reduce((now, event) => update(now, event).state, state);

/** The Growth tab with these findings on it. */
const showing = (findings: readonly Finding[]): State => {
  const loaded = play(initialState('pid 1', true, 100, 30), { type: 'loaded', dataset: 'leaks', summary: 'LEAK' });
  const want = wantsOf(loaded).find((one) => one.want === 'rows');
  assert.ok(want?.want === 'rows');
  const rows = findings.map((one) => ({ kind: 'finding', finding: one }) as const);
  const page = { from: 0, rows, matched: rows.length, total: rows.length, whole: 1 };
  return play(loaded, { type: 'page', key: want.key, page });
};

const shown = (state: State): string =>
  frame(state)
    .map((line) => textOf(line).trimEnd())
    .join('\n');
const openLine = (state: State): string | undefined => {
  const view = frontView(state);
  return view?.kind === 'source' ? `${view.place.file}:${view.place.line}` : undefined;
};

test('at 80 columns a place gives way to what is said of it, but keeps its file and line', () => {
  const place = { function: 'handleRequest', file: '/srv/app/src/growing-cache.ts', line: 16, bytes: 12.3 * 2 ** 20 };
  const state = showing([finding({ allocationSites: [{ ...place, calledFrom: null }] })]);
  const screen = frame({ ...state, columns: 80 })
    .map(textOf)
    .join('\n');
  assert.match(screen, /^ Made at +…rc\/growing-cache\.ts:16 {2}by handleRequest, 12\.3 MB survived \(sampled\) *$/m);
});

test('Enter on a finding opens the line that the report of leaks names', () => {
  const opened = play(showing([finding()]), key('enter'));
  assert.equal(opened.tab, 'lines');
  assert.equal(openLine(opened), '/srv/app/cache.js:12');
  assert.match(shown(opened), /Leaks at line 12 \(1 of 3 places, p: the next\)/);
});

test('p goes through the places of a finding, in the list and in the source, and each says what it is', () => {
  const state = play(showing([finding()]), key('p'));
  assert.match(shown(state), /^▸Made at +\/srv\/app\/server\.js:30 +by handle/m);
  const opened = play(state, key('enter'));
  assert.equal(openLine(opened), '/srv/app/server.js:30');
  const next = play(opened, key('p'));
  assert.equal(openLine(next), '/srv/app/parse.js:5');
  assert.match(shown(next), /Made at line 5 \(3 of 3/);
  assert.equal(openLine(play(next, key('p'))), '/srv/app/cache.js:12');
});

test('Esc leads from the source back to the finding', () => {
  const back = play(showing([finding()]), key('enter'), key('escape'));
  assert.equal(back.tab, 'growth');
  assert.match(shown(back), /^▸Leaks at/m);
});

test('a place marked for one finding is not marked for another', () => {
  const state = play(showing([finding(), finding({ rank: 2 })]), key('p'), key('j'), key('enter'));
  assert.equal(openLine(state), '/srv/app/cache.js:12');
});

test('a click on a place of the evidence opens it', () => {
  const state = showing([finding()]);
  const y = shown(state)
    .split('\n')
    .findIndex((line) => line.includes('server.js:30'));
  assert.equal(openLine(play(state, { type: 'mouse', action: 'press', x: 20, y })), '/srv/app/server.js:30');
});

test("where the owner is Node.js itself, the program's own line comes first", () => {
  const location = { file: 'node:events', line: 1, column: 1 };
  const state = play(showing([finding({ location, owner: { kind: 'node' } })]), key('enter'));
  assert.equal(openLine(state), '/srv/app/server.js:30');
});

test('the line number of a place is seen on a narrow screen, however long its path', () => {
  const file = `/srv/${'long-folder-name/'.repeat(12)}cache.js`;
  const state = play(showing([finding({ location: { file, line: 4711, column: 1 } })]), {
    type: 'resize',
    columns: 80,
    rows: 24,
  });
  assert.match(shown(state), /^▸Leaks at .*cache\.js:4711 +your code/m);
});

test('a finding without a place says so instead of opening anything', () => {
  const state = play(showing([finding({ location: null, allocationSites: [] })]), key('enter'));
  assert.equal(state.tab, 'growth');
  assert.match(shown(state), /no place in the source is known/);
});

test('a function that is kept over and over is a place, unless it is the place of the finding itself', () => {
  const kept = { function: 'handler', file: '/srv/app/cache.js', countPerRound: 20 };
  const state = play(showing([finding({ keptFunctions: [{ ...kept, line: 20 }] })]), key('p'), key('enter'));
  assert.equal(openLine(state), '/srv/app/cache.js:20');
  const same = shown(showing([finding({ keptFunctions: [{ ...kept, line: 12 }] })]));
  assert.doesNotMatch(same, /Keeps/);
});

test('evidence that is longer than its room scrolls, by keys and by the wheel, and says how much there is', () => {
  const reasons = Array.from({ length: 30 }, (_, at) => `reason number ${at}`);
  const state = showing([finding({ reasons })]);
  assert.match(shown(state), /── Evidence ─+ PgDn: \d+ more lines ──/);
  assert.doesNotMatch(shown(state), /reason number 29/);
  const below = play(state, key('pagedown'));
  assert.match(shown(below), /reason number 29[^]*Signature/);
  assert.match(shown(below), /PgUp: \d+ above/);
  assert.match(shown(play(below, key('pageup'))), /^▸Leaks at/m);
  const wheeled = play(state, { type: 'mouse', action: 'wheelDown', x: 10, y: 20 });
  assert.match(shown(wheeled), /PgUp: 3 above/);
  const y = shown(wheeled)
    .split('\n')
    .findIndex((line) => line.includes('parse.js:5'));
  assert.equal(openLine(play(wheeled, { type: 'mouse', action: 'press', x: 20, y })), '/srv/app/parse.js:5');
});

test('y copies the place that is marked, Y the path from its root', () => {
  const path: PathStep[] = [
    { edge: '', label: '', kind: 'word', name: 'global', type: 'object', id: 1 },
    { edge: 'sessions', label: 'sessions', kind: 'property', name: 'Map', type: 'object', id: 7 },
  ];
  const state = showing([finding({ path })]);
  const copied = (...keys: readonly string[]): readonly Effect[] =>
    update(play(state, ...keys.slice(0, -1).map(key)), key(keys.at(-1) ?? '')).effects;
  assert.deepEqual(copied('y'), [{ effect: 'copy', text: '/srv/app/cache.js:12' }]);
  assert.deepEqual(copied('p', 'y'), [{ effect: 'copy', text: '/srv/app/server.js:30' }]);
  assert.deepEqual(copied('Y'), [{ effect: 'copy', text: 'global.sessions → Map @7' }]);
});

test('a search that found nothing says why', () => {
  const report: LeakReport = {
    schema: 'memwatch/leaks@1',
    verdict: 'clean',
    reasons: ['neither the heap nor any class rose'],
    evidence: 'census',
    rounds: 2,
    heapBytes: [],
    snapshots: 0,
    findings: [],
    warnings: [],
    bounds: [],
    looked: [],
    notLooked: [],
    threads: [],
  };
  const state = showing([]);
  assert.match(shown({ ...state, report }), /Clean: nothing leaks\n +- neither the heap nor any class rose/);
  assert.doesNotMatch(shown({ ...state, report }), /0 of 0/);
});
