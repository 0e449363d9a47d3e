/** The lines of a function that add to what was there before it was called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLastingAdditions } from '#memwatch/analyzer/growth/code/lasting-additions.js';

/** The added-to lines of all functions, from 1. */
const linesOf = (source: string): number[] =>
  findLastingAdditions(source, (places) => !places.some(isModule)).map(({ line }) => line + 1);

const isModule = ({ line, column }: { line: number; column: number }): boolean => line === 0 && column === 0;

test('what is added to a variable from outside, a property or an argument lasts', () => {
  const source = `const kept = new Map(); let last; let log = '';
    function remember(n) { kept.set(n, {}); }
    class Queue { items = []; add(x) { this.items.push(x); } }
    const link = (value) => { last = { value, next: last }; };
    function index(table, key) { table[key] = []; log += \`\${key}\`; }
    const groups = (k, v) => kept.get(k).push(v);
    const all = () => { const list = kept.get('all') ?? kept; list.set(1, 2); };`;
  assert.deepEqual(linesOf(source), [2, 3, 4, 5, 5, 6, 7]);
});

test('what is added to something that the function has made itself is no such line, nor is an end or a count', () => {
  const source = `const cache = {}; let calls = 0; const kept = new Map();
    function make() { const order = { lines: [] }; order.lines.push(1); const s = new Set(); s.add(1); return order; }
    function drop(key) { cache[key] = undefined; cache[key] = null; calls += 1; calls = calls + 1; kept.delete(key); }
    const shadow = () => { const kept = []; kept.push(1); };
    kept.set(1, 2);`;
  assert.deepEqual(linesOf(source), []);
});

test('only the functions that are asked for are searched, by where they begin for V8', () => {
  const source = `const a = []; function one() { a.push(1); }\nfunction two() { a.push(2); }`;
  const found = findLastingAdditions(source, (places) =>
    places.some(({ line, column }) => line === 1 && column === 12),
  );
  assert.deepEqual(
    found.map(({ line }) => line),
    [1],
  );
  assert.deepEqual(linesOf('not a program ('), []);
});

test('a function that adds nothing itself is given the lines of those that it calls: V8 may have inlined them', () => {
  const source = `const kept = []; class Stats { samples = [];
    add(v) { this.samples.push([v]); } }
    const stats = new Stats();
    function handle(i) { stats.add(i); }
    const remember = (x) => kept.push(x);
    function tick() { for (let i = 0; i < 9; i++) handle(i); tick(); }
    setInterval(() => { remember({}); }, 5);
    function wait() { return new Promise((resolve) => kept.push(resolve)); }`;
  const lines = (wantedLine: number): number[] =>
    findLastingAdditions(source, (places) => places.some(({ line }) => line + 1 === wantedLine)).map(
      ({ line }) => line + 1,
    );
  assert.deepEqual([lines(4), lines(6), lines(7), lines(8)], [[4], [4], [5], [8, 8]]);
});

test('where a function waits is told apart from what it adds', () => {
  const source = `async function work(id) { const order = make(id);
    await started;
    return order.lines; }`;
  const found = findLastingAdditions(source, () => true).map(({ line, isWait }) => ({ line: line + 1, isWait }));
  assert.deepEqual(found, [{ line: 2, isWait: true }]);
});

test('the code of a module itself adds to its own variables, or calls what does', () => {
  const lines = (source: string): number[] =>
    findLastingAdditions(source, (places) => places.some(isModule)).map(({ line }) => line + 1);
  assert.deepEqual(lines(`const kept = [];\nfor (let i = 0; ; i++) kept.push({ i });`), [2]);
  assert.deepEqual(lines(`const kept = [];\nfunction hoard(i) {\n kept.push({ i }); }\nfor (let i = 0; ; i++) hoard(i);`), [3]); // prettier-ignore
  assert.deepEqual(lines(`const kept = [];\nconsole.log(kept.length);`), []);
});
