/**
 * What V8's CPU and allocation profiles have in common: call frames with 0-based places, and scripts that show where
 * functions end. In: a call frame as V8 wrote it. Out: frames with places in the user's source.
 */
import { MemwatchError } from '../../errors.js';
import { createCodeNames } from '../model/code-names.js';
import { createLocator, type Location } from '../model/location.js';
import { createFrameTable, type FrameTable } from '../model/profile-builder.js';
import type { CallCounts, CaptureNotes, MemoryNotes, SamplingNotes } from '../model/profile.js';
import type { GcReading, LoopReading } from '../model/reading.js';
import { parseJson } from './file-content.js';
import { scriptsTable } from './scripts-table.js';
import {
  fieldsOf,
  flag,
  isRecord,
  list,
  nullOr,
  number,
  oneOf,
  optional,
  orNothing,
  record,
  text,
  type Fields,
  type Shape,
} from './shape.js';
import { readFunctionRanges, type FunctionRange, type FunctionRanges } from './function-ranges.js';

export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** Some tools write the script's id as a number. */
const scriptId: Shape<string> = (value, at) => (typeof value === 'number' ? String(value) : text(value, at));

export const callFrame: Shape<CallFrame> = record<CallFrame>({
  functionName: text,
  scriptId: orNothing(scriptId),
  url: text,
  lineNumber: orNothing(number),
  columnNumber: orNothing(number),
});

export interface FrameReader {
  readonly table: FrameTable;
  frame(callFrame: CallFrame): number;
  /** The place of a 1-based line of a script. */
  line(callFrame: CallFrame, line: number): Location | undefined;
  /** The extent of the function in the code that ran; undefined if its source is not known. */
  range(callFrame: CallFrame): FunctionRange | undefined;
  ranges(scriptId: number): FunctionRanges | undefined;
  /** V8 may have inlined a function on that line: something is called there, or its text is not known. */
  mayInline(callFrame: CallFrame, line: number): boolean;
}

export const createFrameReader = (notes: CaptureNotes | undefined): FrameReader => {
  const table = createFrameTable();
  const locator = createLocator(notes?.scripts);
  const sources = new Map(notes?.scripts.scripts.map((script) => [script.id, script.source]));
  const originalOf = createCodeNames(locator, ({ scriptId }) => sources.get(Number(scriptId)));
  const inlines = createInlineTest(notes);
  const rangesById = new Map<number, FunctionRanges | undefined>();
  const ranges = (id: number): FunctionRanges | undefined => {
    const source = sources.get(id);
    if (!rangesById.has(id)) rangesById.set(id, source === undefined ? undefined : readFunctionRanges(source));
    return rangesById.get(id);
  };
  return {
    table,
    ranges,
    mayInline: inlines,
    frame: (at) => {
      const { scriptId, url, lineNumber: line, columnNumber: column } = at;
      const name = originalOf({ scriptId, url, line, column }, nameOf(at))?.name ?? nameOf(at);
      return table.add(name, locator.atPosition(Number(scriptId), url, line, column));
    },
    line: (at, line) => locator.atLine(Number(at.scriptId), at.url, line),
    range: (at) => ranges(Number(at.scriptId))?.at(Math.max(0, at.lineNumber), Math.max(0, at.columnNumber)),
  };
};

/** Keywords that come before a parenthesis without calling anything. */
const noCall = /\b(?:if|for|while|switch|catch|return|await|typeof|void|of|in|function\b\*?\s*[\w$]*)\s*\(/g;
const call = /[\w$\])]\s*(?:\?\.)?\(|\bnew\b|[\w$\])]`/;

/** Getters and conversions, which are calls that do not look like one, are not seen. */
const createInlineTest = (notes: CaptureNotes | undefined): FrameReader['mayInline'] => {
  if (notes?.precise === true) return () => false;
  const scripts = new Map(notes?.scripts.scripts.map((script) => [String(script.id), script]));
  const texts = new Map<string, readonly string[] | undefined>();
  return ({ scriptId }, line) => {
    if (!texts.has(scriptId)) texts.set(scriptId, scripts.get(scriptId)?.source?.split(/\r\n?|[\n\u2028\u2029]/));
    const text = texts.get(scriptId)?.[line - 1];
    return text === undefined || call.test(text.replace(noCall, ' '));
  };
};

/** V8 writes `(anonymous)` for a function without a name, the inspector writes ''. */
const nameOf = (at: CallFrame): string => (at.functionName === '(anonymous)' ? '' : at.functionName);

/** Parses a JSON file; the caller must recognise its kind from its keys. */
export const parseJsonObject = (text: string, what: string): Record<string, unknown> => {
  const value = /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
  if (isRecord(value)) return value;
  throw new MemwatchError('not-this-format', `not a ${what}: the file holds no JSON object`);
};

const bytesBeforeAndAfter: Shape<readonly [number, number]> = (value, at) =>
  list(number)(value, at) as readonly [number, number];

/** The fields of the notes in every profile of memwatch's. */
export const noteFields: Fields<CaptureNotes> = {
  scripts: scriptsTable,
  thread: orNothing(text),
  precise: orNothing(flag),
  gc: orNothing(
    nullOr(
      list(
        record<GcReading>({
          kind: oneOf('minor', 'major', 'incremental', 'weak callbacks'),
          count: number,
          durationUs: number,
        }),
      ),
    ),
  ),
  loop: orNothing(
    nullOr(
      record<LoopReading>({
        delay: nullOr(record({ meanUs: number, p99Us: number, maxUs: number })),
        utilization: number,
      }),
    ),
  ),
  sinceUs: optional(number),
  wholeProgram: optional(flag),
  calls: optional(
    record<CallCounts>({
      durationUs: number,
      scale: nullOr(number),
      scaledBy: text,
      scripts: list(
        record({
          scriptId,
          url: text,
          functions: list(record({ name: text, start: number, end: number, count: number })),
        }),
      ),
    }),
  ),
  sampling: optional(record<SamplingNotes>({ allocatedBytes: number, liveBytes: number })),
  memory: optional(record<MemoryNotes>({ heapBytes: bytesBeforeAndAfter, externalBytes: bytesBeforeAndAfter })),
};
const captureNotes = record<CaptureNotes>(noteFields);

/** The notes that memwatch stored in a file; undefined for files of other tools. Throws `broken-file`. */
export const readNotes = (document: Readonly<Record<string, unknown>>): CaptureNotes | undefined =>
  readNotesAs(document, captureNotes);

/** The same for a kind of file whose notes say more. */
export const readNotesAs = <T extends CaptureNotes>(
  { memwatch }: Readonly<Record<string, unknown>>,
  shape: Shape<T>,
): T | undefined => {
  const { schema } = fieldsOf(fieldsOf(memwatch)['scripts']);
  return schema === 'memwatch/scripts@1' ? shape(memwatch, 'memwatch') : undefined;
};
