/** The prompt of `memwatch query`. In: a database, lines of the user. Out: tables on stdout. A statement ends with `;`. */
import { createInterface } from 'node:readline/promises';
import { MemwatchError } from '../../errors.js';
import { renderQueryTable } from '../../report/query-text.js';
import { escapeText } from '../../report/units.js';
import type { Io } from '../io.js';
import type { HeapDatabase } from './duckdb.js';

const help = `A statement of SQL ends with ;   .tables lists tables and macros   .quit or Ctrl-D ends   Tab completes`;
const keywords =
  'select from where group by order limit join left on using and or not like between count sum max avg distinct desc as with';

export const prompt = async (database: HeapDatabase, limit: number, io: Io): Promise<void> => {
  const tables = await database.tables();
  const words = [
    ...tables.flatMap(({ name, columns }) => [name, ...columns]),
    ...keywords.split(' '),
    '.tables',
    '.quit',
  ];
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    completer: (line: string) => complete(line, words),
    historySize: 1000,
  });
  io.line(help);
  let statement = '';
  lines.setPrompt('memwatch> ');
  lines.prompt();
  for await (const line of lines) {
    const command = statement === '' ? line.trim() : '';
    if (command === '.quit' || command === '.exit') break;
    if (command === '.tables') for (const { name, columns } of tables) io.line(`${name} (${columns.join(', ')})`);
    else if (command.startsWith('.')) io.line(help);
    else statement = await answer(database, `${statement}${line}\n`, limit, io);
    lines.setPrompt(statement === '' ? 'memwatch> ' : '     ...> ');
    lines.prompt();
  }
  lines.close();
};

/** Runs the statement if it is complete. Out: what has been typed of the next one. */
const answer = async (database: HeapDatabase, typed: string, limit: number, io: Io): Promise<string> => {
  if (typed.trim() === '') return '';
  if (!typed.trimEnd().endsWith(';')) return typed;
  try {
    io.line(renderQueryTable(await database.run(typed, limit), io.columns));
  } catch (error) {
    if (!(error instanceof MemwatchError)) throw error;
    io.line(escapeText(error.message));
  }
  return '';
};

/** Completes the last word, for readline. */
export const complete = (line: string, words: readonly string[]): [string[], string] => {
  const word = /[.\w]*$/.exec(line)?.[0] ?? '';
  return [word === '' ? [] : [...new Set(words)].filter((one) => one.startsWith(word.toLowerCase())), word];
};
