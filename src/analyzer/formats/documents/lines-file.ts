/**
 * What a measured thread writes: JSON `{ fields: [name…], functions: [{ name, file, firstLine, lines: [number…],
 * source: [text…], calls, rows: [number…] }], found: [selector…], missing: [{ selector, file, functions, reason }] }`, where `rows` holds one
 * number a field for each of `lines`. In: text. Out: the same with rows by name.
 */
import { MemwatchError, messageOf } from '../../../errors.js';
import type { CountedFunction, CountedLine } from '../../model/lines.js';
import { list, number, optional, record, text } from '../shape.js';

export interface MissingFunction {
  readonly selector: string;
  readonly file: string;
  readonly functions: readonly string[];
  readonly reason?: string;
}

export interface LinesFile {
  /** The selectors that selected a function in a loaded file. */
  readonly found: readonly string[];
  readonly functions: readonly CountedFunction[];
  readonly missing: readonly MissingFunction[];
}

interface StoredFunction extends Omit<CountedFunction, 'lines'> {
  readonly lines: readonly number[];
  readonly rows: readonly number[];
}

interface StoredFile extends Omit<LinesFile, 'functions'> {
  readonly fields: readonly string[];
  readonly functions: readonly StoredFunction[];
}

const storedFile = record<StoredFile>({
  found: list(text),
  fields: list(text),
  functions: list(
    record<StoredFunction>({
      name: text,
      file: text,
      firstLine: number,
      source: list(text),
      calls: number,
      lines: list(number),
      rows: list(number),
    }),
  ),
  missing: list(record<MissingFunction>({ selector: text, file: text, functions: list(text), reason: optional(text) })),
});

/** Throws `broken-file`. */
export const readLinesFile = (content: string): LinesFile => {
  try {
    const { fields, functions, found, missing } = storedFile(JSON.parse(content), '');
    const column = columnsOf(fields);
    return {
      found,
      missing,
      functions: functions.map(({ lines, rows, ...rest }) => ({
        ...rest,
        lines: lines.map((line, index) => readRow(line, rows.slice(index * fields.length), column)),
      })),
    };
  } catch (cause) {
    throw new MemwatchError('broken-file', `the counters of the program cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
};

const columnsOf =
  (fields: readonly string[]) =>
  (name: string): number => {
    const index = fields.indexOf(name);
    if (index === -1) throw new MemwatchError('broken-file', `no field ${name}`);
    return index;
  };

const readRow = (line: number, row: readonly number[], column: (name: string) => number): CountedLine => {
  const read = (name: keyof CountedLine): number => row[column(name)] ?? 0;
  return {
    line,
    hits: read('hits'),
    timeMs: read('timeMs'),
    cleanHits: read('cleanHits'),
    heapBytes: read('heapBytes'),
    externalBytes: read('externalBytes'),
    collectedHits: read('collectedHits'),
    collectedHeapBytes: read('collectedHeapBytes'),
    collectedExternalBytes: read('collectedExternalBytes'),
    memoryBytes: read('memoryBytes'),
  };
};
