/**
 * Loaded into the program before its first line (`--import preload.js?folder=…`), in its main thread and in each of its
 * workers: hooks loading, holds the counters, and writes them to a file of their own in the folder. In: `order.json` in
 * that folder. Out: `<pid>-<thread>.json`, which is complete at any time, so that even a program that is killed leaves its
 * numbers.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { FunctionCounters, periodic, rowFields } from './counters.js';
import { hookLoading } from './hooks.js';
import type { FunctionTable } from './line-numbers.js';
import { globalName, type Missing } from './rewrite.js';
import type { Selector } from './selector.js';

const folder = new URL(import.meta.url).searchParams.get('folder') ?? '';
const file = join(folder, `${process.pid}-${threadId}.json`);
const part = `${file}.part`;
const tables = new Map<string, FunctionCounters>();
const found = new Set<string>();
const missing: Missing[] = [];
let flushedHits = -1;

/** A file may run more than once in a thread (a cleared cache, a query in its address): its counters continue then. */
const register = (functions: readonly FunctionTable[], selectors: readonly string[]): FunctionCounters[] => {
  for (const selector of selectors) found.add(selector);
  return functions.map((table) => {
    const key = `${table.file}:${table.firstLine}:${table.name}`;
    const known = tables.get(key);
    if (known !== undefined && known.table.lines.length === table.lines.length) return known;
    const counters = new FunctionCounters(table);
    tables.set(key, counters);
    return counters;
  });
};

const flush = (): void => {
  const functions = [...tables.values()].map(({ table, calls, rows }) => ({ ...table, calls, rows: [...rows] }));
  try {
    writeFileSync(part, JSON.stringify({ fields: rowFields, functions, found: [...found], missing }), { mode: 0o600 });
    renameSync(part, file);
  } catch {
    // memwatch has ended and removed the folder: the program continues
  }
};

const hitsSoFar = (): number => {
  let sum = missing.length;
  for (const { rows } of tables.values())
    for (let row = 0; row < rows.length; row += rowFields.length) sum += rows[row] ?? 0;
  return sum;
};

const flushIfChanged = (): void => {
  const hits = hitsSoFar();
  if (hits === flushedHits) return;
  flushedHits = hits;
  flush();
};

/** What memwatch asks for in `order.json`. */
export interface Order {
  /** memwatch's process id. */
  readonly memwatch: number;
  readonly selectors: readonly Selector[];
}
const order = JSON.parse(readFileSync(join(folder, 'order.json'), 'utf8')) as Order;

/** Makes the optimiser compile the counters now, so that its allocations are not counted in the program's first lines. */
const warmUp = (): void => {
  const counters = new FunctionCounters({ name: '', file: '', firstLine: 1, lines: [1, 2], source: [] });
  for (let turn = 0; turn < 2000; turn++) {
    const activation = counters.enter(0, 1, 1);
    activation.line(1);
    activation.resume(activation.suspend(turn));
    activation.exit();
  }
};

/** If memwatch is gone, nothing else would remove the folder. */
const tick = (): void => {
  try {
    process.kill(order.memwatch, 0);
    flushIfChanged();
  } catch {
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
};

Object.defineProperty(globalThis, globalName, {
  value: { register, miss: (missed: readonly Missing[]) => missing.push(...missed) },
});
warmUp();
hookLoading(order.selectors);
const timer = setInterval(tick, periodic.everyMs).unref();
periodic.work = flushIfChanged;
process.on('exit', () => {
  for (const counters of tables.values()) counters.switchTo(-1, 0); // process.exit() may have been called on a counted line
  periodic.everyMs = 0; // other exit listeners may run measured code: from now on each line is written at once
  flush();
});
