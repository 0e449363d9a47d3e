/** Sampled allocations that stayed, given to the findings that they explain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placedBySites, withAllocationSites, type Body } from '#memwatch/analyzer/growth/allocation-sites.js';
import type { AllocationSite } from '#memwatch/analyzer/model/finding.js';
import type { SurvivorFrame, SurvivorSite } from '#memwatch/analyzer/model/survivors.js';
import { finding } from '../../support/check-report.js';

const frame = (name: string, file = '/app/src/login.js', line = 9): SurvivorFrame => ({
  function: name,
  scriptId: '7',
  url: file.startsWith('node:') ? file : `file://${file}`,
  line,
  column: 0,
});

const site = (bytes: number, ...stack: SurvivorFrame[]): SurvivorSite => ({ stack, bytes });

const sessions = finding({
  gains: [{ name: 'Session', countPerRound: 1, selfBytesPerRound: 64 }],
  location: { file: '/app/src/store.js', line: 3, column: 1 },
});
const listeners = finding({
  kind: 'listeners',
  container: { id: 9, name: 'Emitter', type: 'object' },
  gains: [{ name: 'onEnd()', countPerRound: 1, selfBytesPerRound: 64 }],
  location: { file: '/app/src/bus.js', line: 3, column: 1 },
});

const sitesOf = (sites: readonly SurvivorSite[], findings = [sessions, listeners], caller?: Body): string[][] =>
  withAllocationSites(findings, sites, undefined, caller).map(({ allocationSites }) => allocationSites.map(text));

const text = ({ function: name, file, line, bytes }: AllocationSite): string => `${name} ${file}:${line} ${bytes}`;

test('a constructor on the stack of a site says which finding it belongs to; its own line is 1-based', () => {
  assert.deepEqual(sitesOf([site(500, frame('Session'), frame('login')), site(300, frame('onEnd'))]), [
    ['Session /app/src/login.js:10 500'],
    ['onEnd /app/src/login.js:10 300'],
  ]);
});

test('so does a function in the file that owns the finding, and a class weighs more than a file', () => {
  const inBus = frame('add', '/app/src/bus.js');
  assert.deepEqual(sitesOf([site(500, frame('make'), inBus)]), [[], ['make /app/src/login.js:10 500']]);
  assert.deepEqual(sitesOf([site(500, frame('Session'), inBus)]), [['Session /app/src/login.js:10 500'], []]);
});

test('an anonymous function on a stack is not one of those that a finding gains', () => {
  const gained = { ...listeners, gains: [{ name: '(anonymous)()', countPerRound: 1, selfBytesPerRound: 64 }] };
  const inStore = site(500, frame('', '/app/src/store.js'));
  assert.deepEqual(sitesOf([inStore], [gained, sessions]), [[], ['(anonymous) /app/src/store.js:10 500']]);
});

test('of several lines that add, the place is the one whose function allocated most of what stayed', () => {
  const line = (at: number, within: number) => ({
    location: { file: '/app/src/store.js', line: at, column: 3 },
    function: { file: '/app/src/store.js', line: within, column: 1 },
  });
  const several = { ...sessions, additions: [line(10, 8), line(22, 20)] };
  const placed = (...starts: number[]) => {
    const sites = starts.map((start) => site(500, frame('Session'), frame('add', '/app/src/store.js', start - 1)));
    return withAllocationSites([several], sites)[0];
  };
  assert.deepEqual([placed(20)?.location?.line, placed(8)?.location?.line], [22, 10]);
  assert.match(placed(20)?.reasons.at(-1) ?? '', /declared at .*store\.js:3$/);
  assert.equal(placed(8, 20, 20)?.location?.line, 22, 'both run');
  assert.equal(placed(30)?.location?.line, 3, 'neither was seen');
  const ofOne = { ...sessions, additions: [line(10, 8), line(12, 8)] };
  const allocating = site(500, frame('Session'), frame('make', '/app/src/store.js', 30));
  assert.equal(withAllocationSites([ofOne], [allocating])[0]?.location?.line, 10, 'one function holds both');
});

test('a function that V8 has inlined is found by what its caller calls; the innermost function counts', () => {
  const source = [
    'function add(k) { all.set(k, {}); }',
    'function fail(k) { all.set(k, 0); }',
    'function run(k) { add(k); }',
    'function start() { all.set(0, 0); run(1); fail(2); }',
  ].join('\n');
  const additions = [1, 2, 4].map((at) => ({
    location: { file: '/app/src/store.js', line: at, column: 19 },
    function: { file: '/app/src/store.js', line: at, column: 1 },
  }));
  const at = (line: number, column: number): SurvivorFrame => ({ ...frame('', '/app/src/store.js', line), column });
  const [run, start] = [at(2, 12), at(3, 14)];
  const lineOf = (...stack: SurvivorFrame[]): number | undefined => {
    const sites = [site(500, ...stack)];
    return withAllocationSites([{ ...sessions, additions }], sites, undefined, undefined, () => source)[0]?.location?.line; // prettier-ignore
  };
  assert.deepEqual([lineOf(run, start), lineOf(at(1, 13), run, start), lineOf(start)], [1, 2, 4]);
});

test('a site that fits none is given to a single finding, and to none of two', () => {
  const stranger = site(500, frame('parse', '/app/src/parse.js'));
  assert.deepEqual(sitesOf([stranger]), [[], []]);
  assert.deepEqual(sitesOf([stranger], [sessions]), [['parse /app/src/parse.js:10 500']]);
});

test("Node's functions allocate for their caller, and a stack of Node's alone has no site", () => {
  const node = frame('read', 'node:fs');
  assert.deepEqual(sitesOf([site(500, node, frame('', '/app/src/store.js')), site(700, node)], [sessions]), [
    ['(anonymous) /app/src/store.js:10 500'],
  ]);
});

test('sites at one line are one; single samples and all beyond the five largest are left out', () => {
  const at = (bytes: number, line: number): SurvivorSite => site(bytes, frame('Session', undefined, line));
  const many = [at(600, 1), at(400, 1), at(99, 2), ...[3, 4, 5, 6, 7].map((line) => at(100 * line, line))];
  assert.deepEqual(sitesOf(many)[0], [
    'Session /app/src/login.js:2 1000',
    ...[7, 6, 5, 4].map((line) => `Session /app/src/login.js:${line + 1} ${line * 100}`),
  ]);
});

test('what V8 charges to a function after inlining is given to the function that it calls, if that was seen before', () => {
  const [made, outer] = [frame('make', '/app/src/make.js'), frame('tick', '/app/src/loop.js')];
  const other = frame('log', '/app/src/log.js');
  const first = (...sites: SurvivorSite[]): string => sitesOf(sites, [sessions])[0]?.[0] ?? '';
  assert.equal(first(site(900, outer), site(100, made, outer)), 'make /app/src/make.js:10 100');
  assert.equal(first(site(900, outer), site(50, made, outer)), 'tick /app/src/loop.js:10 900');
  assert.equal(first(site(900, outer), site(100, made, other)), 'tick /app/src/loop.js:10 900');
});

test('what the caller of a body allocates was allocated by the body, or is left out', () => {
  const isFile = (file: string): boolean => file === '/runner.js';
  const sites = [site(500, frame('run', '/runner.js'))];
  const body = { file: '/app/leak.test.js', line: 4, column: 1 };
  assert.deepEqual(sitesOf(sites, [sessions], { isFile, body }), [['(body) /app/leak.test.js:4 500']]);
  assert.deepEqual(sitesOf(sites, [sessions], { isFile, body: null }), [[]]);
});

test('a site in a dependency names the function of the application that called it, but not that of a check', () => {
  const inside = frame('parse', '/app/node_modules/parser/parse.js');
  const from = (...stack: SurvivorFrame[]) => {
    const isFile = (file: string): boolean => file === '/check.js';
    const [found] = withAllocationSites([sessions], [site(500, ...stack)], undefined, { isFile, body: null });
    return found?.allocationSites[0]?.calledFrom?.function;
  };
  assert.equal(from(inside, frame('run', '/check.js'), frame('login'), frame('main')), 'login');
  assert.equal(from(frame('login'), frame('main')), undefined);
  assert.equal(from(inside), undefined);
});

test('the text of the script shows on which line the application calls a dependency, if it does so once', () => {
  const text = ['', 'function login(user) {', '  check(user);', '  return pool', '    .add(user);', '}'].join('\n');
  const login = { ...frame('login', '/app/login.js'), line: 1, column: 14 };
  const lineOf = (called: string, source = text): number | undefined => {
    const inside = frame(called, '/app/node_modules/pool/pool.js');
    const sites = [site(500, inside, login)];
    const [found] = withAllocationSites([sessions], sites, undefined, undefined, () => source);
    return found?.allocationSites[0]?.calledFrom?.callLine;
  };
  assert.deepEqual(
    ['Pool.add', 'check', 'other'].map((called) => lineOf(called)),
    [5, 3, undefined],
  );
  assert.equal(lineOf('add', text.replace('check(user)', 'pool.add(user)')), undefined, 'two calls');
  const inlined = text.replace('return pool', 'remember(user); }\nfunction remember(user) { pool');
  assert.equal(lineOf('add', inlined), 6, 'V8 names the caller of a function that it has inlined');
  assert.equal(lineOf('add', text.replace('return pool', 'return () => pool')), undefined, 'in another function');
});

test('a function of a dependency that V8 names otherwise is called where what was imported from it is used', () => {
  const lineOf = (...lines: string[]): number | undefined => {
    const source = [...lines, 'function handle() {', '  local();', '  pool.create().add(1);', '}'].join('\n');
    const handle = { ...frame('handle', '/app/a.js'), line: lines.length, column: 15 };
    const sites = [site(500, frame('', '/app/node_modules/@x/pool/index.js'), handle)];
    const [found] = withAllocationSites([sessions], sites, undefined, undefined, () => source);
    return found?.allocationSites[0]?.calledFrom?.callLine;
  };
  assert.equal(lineOf("import pool from '@x/pool';"), 4);
  assert.equal(lineOf("const { pool } = require('@x/pool/lib');"), 4);
  assert.equal(lineOf("import pool from '@x/other';"), undefined);
  assert.equal(lineOf("import pool from '@x/pool';", 'const local = 1;', 'pool.open();'), 6, 'in that function');
});

test('what Node makes is placed on the line that calls it; of several calls, on the first', () => {
  const text = ['function mark(id) {', '  const name = id + 1;', '  performance.mark(name);', '}'].join('\n');
  const inNode = [frame('PerformanceMark', 'node:perf_hooks'), frame('mark', 'node:perf_hooks')];
  const lineOf = (source: string): number | undefined => {
    const sites = [site(500, ...inNode, { ...frame('mark', '/app/a.js'), line: 0, column: 13 })];
    const held = finding({ location: { file: 'node:perf_hooks', line: 3, column: 1 } });
    const made = withAllocationSites([held], sites, undefined, undefined, () => source);
    return placedBySites(made, () => undefined)[0]?.location?.line;
  };
  assert.deepEqual([lineOf(text), lineOf(text.replace('}', '  performance.mark(id);\n}')), lineOf('')], [3, 3, 1]);
});

test('what a native constructor makes in Node is placed where the program calls the constructor', () => {
  const source = 'function ask(q) {\n  const { port1 } = new MessageChannel();\n  return port1;\n}';
  const sites = [site(500, frame('oninit', 'node:internal/worker/io'), { ...frame('ask', '/app/a.js'), line: 0, column: 12 })]; // prettier-ignore
  const [made] = withAllocationSites([finding({ location: null })], sites, undefined, undefined, () => source);
  assert.equal(made?.allocationSites[0]?.callLine, 2);
});

test('what Node adds to for the program is placed where the program calls Node, however little Node makes', () => {
  const source = ['function begin(id) {', '  const label = { id };', '  out.time(label);', '}'].join('\n');
  const begin = { ...frame('begin', '/app/a.js'), line: 0, column: 14 };
  const placed = (own: number, inNode: number, additions?: readonly []) => {
    const held = finding({ location: { file: '/app/a.js', line: 9, column: 7 }, additions });
    const sites = [site(inNode, frame('time', 'node:console'), begin), site(own, begin)];
    return placedBySites(
      withAllocationSites([held], sites, undefined, undefined, () => source),
      () => undefined,
    )[0];
  };
  assert.equal(placed(100, 200, [])?.location?.line, 3);
  assert.match(placed(100, 200, [])?.reasons.at(-1) ?? '', /declared at .*a\.js:9$/);
  assert.equal(placed(300, 200, [])?.location?.line, 3);
  const callLine = (own: number) => placed(own, 200)?.allocationSites[0]?.callLine;
  assert.deepEqual([callLine(100), callLine(300)], [3, undefined], 'otherwise, if Node makes at least half');
  assert.equal(placed(100, 200)?.location?.line, 9);
});

test("what Node holds, or what only a module's first line is known of, is placed where it is allocated", () => {
  const placed = (location: { file: string; line: number; column: number } | null): string => {
    const allocationSites = [
      { function: 'f', file: '/app/node_modules/pool/pool.js', line: 7, bytes: 9, calledFrom: null },
    ];
    const [found] = placedBySites([finding({ location, allocationSites })], () => ({ name: 'pool', version: '1.2.3' }));
    return `${found?.location?.file}:${found?.location?.line} ${found?.owner.kind}`;
  };
  const site = '/app/node_modules/pool/pool.js:7 dependency';
  assert.equal(placed({ file: 'node:internal/timers', line: 4, column: 1 }), site);
  assert.equal(placed(null), site);
  assert.equal(placed({ file: '/app/main.mjs', line: 1, column: 1 }), site);
  assert.equal(placed({ file: '/app/main.mjs', line: 1, column: 7 }), '/app/main.mjs:1 application');
  assert.deepEqual(
    placedBySites([finding()], () => undefined),
    [finding()],
  );
});

test('what Node holds is placed where its entries are made, not where something larger is that survives by chance', () => {
  const storages = finding({
    signature: 'node:internal/async_hooks.storageList > Array > AsyncLocalStorage',
    gains: [{ name: 'AsyncLocalStorage', countPerRound: 1, selfBytesPerRound: 64 }],
    location: { file: 'node:internal/async_hooks', line: 3, column: 1 },
  });
  const made = site(100, frame('AsyncLocalStorage', 'node:async_hooks'), frame('init', '/app/init.js'));
  const timer = site(900_000, frame('setTimeout', 'node:timers'), frame('tick', '/app/tick.js'));
  assert.deepEqual(sitesOf([made, timer], [storages]), [['init /app/init.js:10 100']]);
  assert.deepEqual(sitesOf([timer], [storages]), [['tick /app/tick.js:10 900000']]);
});
