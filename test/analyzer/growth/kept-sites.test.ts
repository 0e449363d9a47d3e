/** What stays alive by the functions that allocated it, out of two drawn samples, and the lines that keep it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAddsIn } from '#memwatch/analyzer/growth/adds-in.js';
import { findKeptSites } from '#memwatch/analyzer/growth/kept-sites.js';
import type { ScriptsTable } from '#memwatch/analyzer/model/scripts.js';
import { drawCalls } from '../../support/drawn-calls.js';

const sample = (text: string) => drawCalls(text, { kind: 'allocations' });
const sites = (...samples: readonly [string] | readonly [string, string]) => {
  const [before, after] = samples;
  const found =
    after === undefined ? findKeptSites(undefined, sample(before)) : findKeptSites(sample(before), sample(after));
  return found.map((site) => [site.function, site.liveBytes, site.grewBytes]);
};

test('growth is what is alive beyond the first sample; what shrank is left out', () => {
  const before = `
  (root)
    remember /app/a.js:3 1000
    serve /app/a.js:9 500`;
  const after = `
  (root)
    remember /app/a.js:3 5000
    serve /app/a.js:9 400
    fresh /app/b.js:1 900`;
  assert.deepEqual(sites(before, after), [
    ['remember', 5000, 4000],
    ['fresh', 900, 900],
  ]);
  assert.deepEqual(sites(after), [
    ['remember', 5000, 5000],
    ['fresh', 900, 900],
    ['serve', 400, 400],
  ]);
});

test('what Node allocates belongs to the function of the program that called it; without one it has no place', () => {
  const text = `
  (root)
    set node:internal/map:4 700
    serve /app/a.js:9
      from node:buffer:80 2000
      concat`;
  assert.deepEqual(sites(text), [['serve', 2000, 2000]]);
});

test('one function under two callers is one site, with the nearest function of the application that called it', () => {
  const text = `
  (root)
    first /app/a.js:1
      make /app/node_modules/pool/index.js:7 300
    second /app/a.js:20
      make /app/node_modules/pool/index.js:7 200`;
  const [site, ...more] = findKeptSites(undefined, sample(text));
  assert.deepEqual([site?.function, site?.liveBytes, more.length], ['make', 500, 0]);
  assert.deepEqual(site?.calledFrom, { function: 'first', file: '/app/a.js', line: 1 });
  assert.deepEqual(site?.addsIn, [], 'without the text of the scripts no line is known');
});

test('at most five sites, and none below a twentieth of the largest, which one sample could be by chance', () => {
  const functions = (bytes: readonly number[]) => ['(root)', ...bytes.map((one, at) => `  f${at} /app/a.js:${at + 1} ${one}`)].join('\n'); // prettier-ignore
  assert.deepEqual(sites(functions([1000, 50, 49])).map(([name]) => name), ['f0', 'f1']); // prettier-ignore
  assert.equal(sites(functions([9, 8, 7, 6, 5, 4, 3])).length, 5);
  assert.deepEqual(sites('(root)'), []);
});

const source = [
  'const kept = new Map();',
  'function make(id) {',
  '  return { id, pages: new Array(50) };',
  '}',
  'function remember(id) {',
  '  const one = make(id);',
  '  kept.set(id, one);',
  '}',
  'function forget() {',
  '  const local = [];',
  '  local.push(make(0));',
  '}',
].join('\n');
const scripts: ScriptsTable = {
  schema: 'memwatch/scripts@1',
  nodeVersion: 'v22.0.0',
  scripts: [{ id: 7, url: 'file:///app/a.js', source }],
};
const place = (name: string, line: number) => ({ function: name, file: '/app/a.js', line });
/** Columns are those of the names of the functions, as V8 gives their beginnings. */
const addsOf = (...stack: readonly { function: string; file: string; line: number }[]) =>
  findAddsIn([stack], scripts)[0]?.map(({ function: name, line }) => `${name} ${line}`);

test('the line that keeps is in the function that adds to something that lasts: itself, or the nearest caller', () => {
  assert.deepEqual(addsOf(place('remember', 5)), ['remember 7']);
  assert.deepEqual(addsOf(place('make', 2), place('remember', 5)), ['remember 7']);
  assert.deepEqual(addsOf(place('make', 2), place('forget', 9)), [], 'what is local dies with the call');
  assert.deepEqual(addsOf(), []);
});

test('a script without its text, and one that cannot be parsed, have no such lines', () => {
  const without = { ...scripts, scripts: [{ id: 7, url: 'file:///app/a.js' }] };
  assert.deepEqual(findAddsIn([[place('remember', 5)]], without), [[]]);
  const broken = { ...scripts, scripts: [{ id: 7, url: 'file:///app/a.js', source: 'function (' }] };
  assert.deepEqual(findAddsIn([[place('remember', 5)]], broken), [[]]);
});
