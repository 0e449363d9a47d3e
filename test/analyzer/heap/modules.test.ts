/** Retaining paths in heaps of real programs begin at the module and its variable. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { summarizeHeap } from '#memwatch/analyzer/heap/summary.js';
import { renderPath } from '#memwatch/report/path-text.js';
import { nodeBinary, type NodeMajor } from '../../support/nodes.js';
import { temporaryFolder } from '../../support/targets.js';

const audit = `const seen = new Map();
class Visit { constructor(i) { this.pages = new Array(1500).fill(i + 0.5); } }
exports.record = (i) => seen.set('v' + i, new Visit(i));
exports.shown = { all: Array.from({ length: 2000 }, (_, i) => ({ page: 'p' + i })) };`;

const store = `export const entries = new Map();
const waiting = [];
export function add(i) { entries.set('e' + i, new Array(1500).fill(i + 0.5)); waiting.push(new Array(100).fill(i + 0.5)); }`;

/** Links that alternate between objects and functions; all of them are held by one variable. */
const main = `import { createRequire } from 'node:module';
import { writeHeapSnapshot } from 'node:v8';
import { add } from './store.mjs';
const { record } = createRequire(import.meta.url)('./audit.cjs');
let thing = null;
function replace(i) {
  const before = thing;
  const unused = () => before && 'hi';
  thing = { text: Buffer.alloc(40_000, 'x').toString('latin1') + i, someMethod() { return unused === undefined; } };
}
for (let i = 0; i < 100; i++) { record(i); add(i); replace(i); }
globalThis.keep = () => thing;
writeHeapSnapshot(process.argv[2]);`;

const paths = async (major: NodeMajor, folder: string): Promise<{ path: string; count: number; bytes: number }[]> => {
  const file = join(folder, `${major}.heapsnapshot`);
  execFileSync(nodeBinary(major), [join(folder, 'main.mjs'), file], { timeout: 60_000 });
  return pathsIn(file);
};

const pathsIn = async (file: string): Promise<{ path: string; count: number; bytes: number }[]> => {
  const heap = new Heap(await readHeapSnapshot(file));
  const summary = summarizeHeap(heap, { limit: 40, classLimit: 1, sort: 'retained' });
  return (summary?.dominators ?? []).map(({ path, count, totalBytes }) => ({
    path: renderPath(path.map((step) => ({ ...step, label: step.edge }))),
    count,
    bytes: totalBytes,
  }));
};

test('a path begins at the module whose variable, export or exports object leads to the object; a closure chain is one row', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'audit.cjs'), audit);
  writeFileSync(join(folder, 'store.mjs'), store);
  writeFileSync(join(folder, 'main.mjs'), main);
  for (const major of [20, 26] as const) {
    const rows = await paths(major, folder);
    const of = (start: string): { path: string; count: number; bytes: number } | undefined =>
      rows.find(({ path }) => path.startsWith(start));
    const all = rows.map(({ path, count }) => `${count} ${path}`).join('\n');
    assert.match(of('main.mjs → thing')?.path ?? '', /^main\.mjs → thing → Object$/, all);
    assert.ok((of('main.mjs → thing')?.bytes ?? 0) > 2_000_000, all);
    assert.equal(of('audit.cjs → seen → Map → entry')?.count, 100, all);
    assert.equal(of('store.mjs → entries → Map → entry')?.count, 100, all);
    assert.match(of('store.mjs → waiting')?.path ?? '', /^store\.mjs → waiting/, all);
    assert.ok(rows[0] === of('main.mjs → thing'), all);
    assert.ok(!rows.some(({ path }) => path.includes('xxxx')), all);
  }
});

/** Nothing but Node holds these servers, and only they hold what grows. */
const servers = `const http = require('node:http');
const { writeHeapSnapshot } = require('node:v8');
class App {
  constructor() { this.rows = Array.from({ length: 500 }, (_, i) => new Array(100).fill(i + 0.5)); }
  handle(req, res) { res.end(String(this.rows.length)); }
}
(() => {
  const cache = new Map(Array.from({ length: 500 }, (_, i) => ['key' + i, new Array(100).fill(i + 0.5)]));
  const app = new App();
  const job = new App();
  http.createServer((req, res) => res.end(String(cache.size))).listen(0);
  http.createServer(app.handle.bind(app)).listen(0);
  setInterval(App.prototype.handle.bind(job), 10_000);
})();
setTimeout(() => process.exit(Number(writeHeapSnapshot(process.argv[2]) === '')), 100);`;

for (const major of [20, 22, 24, 26] as const)
  test(`what only a server of Node ${major} holds begins at its function's file or the server, not at its timer or handle`, async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'servers.cjs'), servers);
    const file = join(folder, 'servers.heapsnapshot');
    execFileSync(nodeBinary(major), [join(folder, 'servers.cjs'), file], { timeout: 60_000 });
    const found = (await pathsIn(file)).map(({ path }) => path);
    for (const expected of [
      /^servers\.cjs → \(anonymous\)\(\)\.cache → Map$/,
      /^Server\._events\.request → native_bind\(\) → bound this → App\.rows → Array$/,
      /^Timeout\._onTimeout → native_bind\(\) → bound this → App\.rows → Array$/,
    ])
      assert.ok(found.some((path) => expected.test(path)), `${expected}\n${found.slice(0, 8).join('\n')}`); // prettier-ignore
  });
