/**
 * What a command has apart from its arguments: printing its result, reporting progress, being interrupted.
 * With --json stdout holds one JSON document and nothing else; progress goes to stderr, as one line that
 * is rewritten on a terminal, or as an occasional line in a log.
 */
import { writeJson } from '../analyzer/model/escape.js';
import type { PrintedDocument } from '../analyzer/model/printed-documents.js';
import type { Argv } from 'yargs';
import type { Progress } from '../progress.js';
import { isAsciiLocale, toAscii } from '../report/ascii.js';

export interface Io extends Progress {
  readonly json: boolean;
  /** stdout is a terminal and NO_COLOR is not set. */
  readonly color: boolean;
  /** Width to lay text out for. */
  readonly columns: number;
  /** Prints the result: the document with --json, else the text. */
  print(document: PrintedDocument, text: () => string): void;
  /** From now on nothing has to be undone: a signal ends memwatch at once, also in the middle of a long computation. */
  endAtOnce(): void;
  /** Work to do once the result is printed. */
  afterwards(work: () => Promise<void>): void;
  /** Writes a line to stdout as it comes (live readings, NDJSON). */
  line(text: string): void;
}

/** One command of the program: its options for yargs, and what it does. */
export interface Command {
  readonly builder: (yargs: Argv) => Argv;
  /** Returns the exit code; undefined is 0. Throws MemwatchError. */
  run(args: Arguments, io: Io): Promise<number | void>;
}

/** Parsed arguments; `--` holds the words after the two dashes. */
export type Arguments = Readonly<Record<string, unknown>> & { readonly '--'?: readonly string[] };

/** Text as this locale's terminals can show it. */
export const inLocale = (text: string): string => (isAsciiLocale(process.env) ? toAscii(text) : text);

export const createIo = (
  json: boolean,
  signal: AbortSignal,
  { endAtOnce, afterwards }: Pick<Io, 'endAtOnce' | 'afterwards'>,
): Io => {
  const clearProgress = (): void => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  };
  const line = (text: string): void => {
    clearProgress();
    const shown = json ? text : inLocale(text);
    process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
  };
  return {
    signal,
    json,
    endAtOnce,
    afterwards,
    color: !json && process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
    columns: process.stdout.columns ?? 100,
    print: (document, text) => line(json ? writeJson(document, 2) : text()),
    line,
    progress: process.stderr.isTTY ? showProgress : createProgressLog(),
    warn: (text) => {
      clearProgress();
      process.stderr.write(`${inLocale(text)}\n`);
    },
  };
};

/** A screen can be drawn here, and keys be read: not in a pipe, and not in a terminal such as an editor's (TERM=dumb). */
export const hasScreen = (): boolean => process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb';

/** Replaces the previous progress line. */
const showProgress = (text: string): void =>
  void process.stderr.write(`\r\x1b[K${inLocale(text).slice(0, (process.stderr.columns ?? 80) - 1)}`);

/** Without a terminal (in CI) progress is quiet unless a command takes long. */
const logEveryMs = 10_000;
const createProgressLog = (): ((text: string) => void) => {
  let last = performance.now();
  return (text) => {
    if (text === '' || performance.now() - last < logEveryMs) return;
    last = performance.now();
    process.stderr.write(`${inLocale(text)}\n`);
  };
};
