/** `memwatch query <files…> [SQL]`: any question about heap snapshots, in SQL. Without SQL: a prompt, or SQL from stdin. */
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { QueryDocument } from '../analyzer/model/printed-documents.js';
import { MemwatchError } from '../errors.js';
import { renderQueryCsv, renderQueryTable, type QueryResult } from '../report/query-text.js';
import { limitOf } from './heap.js';
import type { Arguments, Command, Io } from './io.js';
import { indexOption, indexUse } from './file-options.js';
import { openHeap } from './open-heap.js';
import { HeapDatabase, requireSql, loadDuckdb, type NamedHeap } from './query/duckdb.js';
import { prompt } from './query/prompt.js';

/** Rows of a table on a screen; with --json and --csv all of them. */
const rowsOfTable = 100;

export const queryCommand: Command = {
  builder: (yargs) =>
    indexOption(yargs)
      .positional('files', { type: 'string', array: true, describe: '.heapsnapshot files, then the SQL' })
      .option('csv', { type: 'boolean', describe: 'print comma-separated values' })
      .option('limit', { type: 'number', describe: `rows to print (${rowsOfTable}; with --json and --csv all)` })
      .conflicts('csv', 'json')
      .example(
        `$0 query app.heapsnapshot 'SELECT * FROM nodes ORDER BY retained_bytes DESC LIMIT 10'`,
        'the biggest objects',
      )
      .example('$0 query app.heapsnapshot', 'a prompt: .tables lists tables and macros, Tab completes'),
  async run(args, io) {
    const { files, sql } = wordsOf((args['files'] as unknown[]).map(String));
    const isPrompt = sql === undefined && process.stdin.isTTY;
    const question = sql ?? (isPrompt ? '' : await text(process.stdin));
    if (!isPrompt) requireSql(question); // before a large file is read
    const isWhole = args['limit'] === undefined && (io.json || args['csv'] === true);
    const limit = isWhole ? Infinity : limitOf(args, rowsOfTable);
    const database = await openDatabase(files, args, io);
    try {
      if (isPrompt) await prompt(database, limit, io);
      else print(await database.run(question, limit), args, io);
    } finally {
      database.close();
    }
  },
};

/** The last word is SQL unless it is a file. */
const wordsOf = (words: readonly string[]): { files: readonly string[]; sql: string | undefined } => {
  const last = words.at(-1) ?? '';
  const isFile = existsSync(last) || !/\s/.test(last);
  const files = isFile ? words : words.slice(0, -1);
  if (files.length === 0)
    throw new MemwatchError('bad-argument', 'query needs a .heapsnapshot file before the SQL', {
      hint: `memwatch query app.heapsnapshot 'SELECT * FROM classes'`,
    });
  return { files, sql: isFile ? undefined : last };
};

const openDatabase = async (files: readonly string[], args: Arguments, io: Io): Promise<HeapDatabase> => {
  await loadDuckdb(); // fails at once, not after a large file was read
  const heaps: NamedHeap[] = [];
  for (const name of files) heaps.push({ name, heap: await openHeap(name, indexUse(args), io) });
  io.progress('running the query');
  return HeapDatabase.open(heaps);
};

const print = (result: QueryResult, args: Arguments, io: Io): void => {
  if (args['csv'] === true) return io.line(renderQueryCsv(result));
  const { columns, rows } = result;
  const document: QueryDocument = { schema: 'memwatch/query@1', columns, rows };
  io.print(document, () => renderQueryTable(result, io.columns));
};
