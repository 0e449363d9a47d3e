/**
 * What a measured thread writes: JSON `{ fields: [name…], functions: [{ name, file, firstLine, lines: [number…],
 * source: [text…], calls, rows: [number…] }], found: [selector…], missing: [{ selector, file, functions, reason }] }`, where `rows` holds one
 * number a field for each of `lines`. In: text. Out: the same with rows by name.
 */
import { MemwatchError } from '../../../errors.js';
import type { CountedFunction, CountedLine } from '../../model/lines.js';

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

interface RawFile {
  readonly found: readonly string[];
  readonly fields: readonly string[];
  readonly functions: readonly (Omit<CountedFunction, 'lines'> & {
    lines: readonly number[];
    rows: readonly number[];
  })[];
  readonly missing: readonly MissingFunction[];
}

/** Throws `broken-file`. */
export const readLinesFile = (text: string): LinesFile => {
  try {
    const { fields, functions, found, missing } = JSON.parse(text) as RawFile;
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
    throw new MemwatchError('broken-file', 'the counters of the program cannot be read', { cause });
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
