/**
 * Loaded into the program before it begins (`--import preload.js?folder=…`), in its main thread and in each of its workers:
 * hooks loading, holds the counters, and writes them to a file of its own in the folder. In: `selectors.json` in that
 * folder. Out: `<pid>-<thread>.json`, whole at any time, so that a program that is killed leaves its numbers too.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { FunctionCounters, periodic, rowFields } from './counters.js';
import { hookLoading } from './hooks.js';
import type { FunctionTable } from './instrument.js';
import { globalName, type Missing } from './rewrite.js';
import type { Selector } from './selector.js';

const folder = new URL(import.meta.url).searchParams.get('folder') ?? '';
const file = join(folder, `${process.pid}-${threadId}.json`);
const part = `${file}.part`;
const tables = new Map<string, FunctionCounters>();
const missing: Missing[] = [];
let flushedHits = -1;

/** A file may run more than once in a thread (a cleared cache, a query in its address): its counters go on. */
const register = (files: readonly FunctionTable[]): FunctionCounters[] =>
  files.map((table) => {
    const key = `${table.file}:${table.firstLine}:${table.name}`;
    const known = tables.get(key);
    if (known !== undefined && known.table.lines.length === table.lines.length) return known;
    const counters = new FunctionCounters(table);
    tables.set(key, counters);
    return counters;
  });

const flush = (): void => {
  const functions = [...tables.values()].map(({ table, calls, rows }) => ({ ...table, calls, rows: [...rows] }));
  try {
    writeFileSync(part, JSON.stringify({ fields: rowFields, functions, missing }), { mode: 0o600 });
    renameSync(part, file);
  } catch {
    // the folder is gone, because memwatch is: the program goes on
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

Object.defineProperty(globalThis, globalName, {
  value: Object.assign(register, {
    register,
    miss: (missed: readonly Missing[]) => missing.push(...missed),
  }),
});
hookLoading(JSON.parse(readFileSync(join(folder, 'selectors.json'), 'utf8')) as Selector[]);
setInterval(flushIfChanged, periodic.everyMs).unref();
periodic.work = flushIfChanged;
process.on('exit', () => {
  for (const counters of tables.values()) counters.switchTo(-1, 0); // process.exit() may have been called on a line
  periodic.everyMs = 0; // other listeners may run measured code: from now on each line is written at once
  flush();
});
