/**
 * Reads memwatch's own results: JSON whose `schema` names its kind. In: the text of a file. Out: the document, checked
 * field by field, or undefined if it is of a kind that memwatch does not read. Throws `broken-file`.
 */
import { MemwatchError, messageOf } from '../../../errors.js';
import type {
  AllocDocument,
  CpuDocument,
  DiffDocument,
  FunctionDocument,
  HeapDocument,
  LinesDocument,
} from '../../model/documents.js';
import type { CheckReport } from '../../model/check.js';
import type { LeakReport } from '../../model/finding.js';
import type { Location } from '../../model/location.js';
import type { WasteReport } from '../../model/waste.js';
import { checkReport } from './check-report.js';
import { leakReport, step } from './leak-report.js';
import { wasteReport } from './waste-report.js';
import { flag, list, nullOr, number, oneOf, optional, record, text, type Shape } from '../shape.js';

export type SavedDocument =
  | HeapDocument
  | DiffDocument
  | CpuDocument
  | AllocDocument
  | LinesDocument
  | LeakReport
  | CheckReport
  | WasteReport;

const location = optional(nullOr(record<Location>({ file: text, line: number, column: number })));

const heap = record<HeapDocument>({
  schema: oneOf('memwatch/heap@1'),
  nodeVersion: optional(text),
  snapshot: record({ file: text, nodes: number, edges: number, selfBytes: number, extraNativeBytes: optional(number) }),
  classes: list(record({ name: text, count: number, selfBytes: number, retainedBytes: number })),
  dominators: list(
    record({
      id: number,
      name: text,
      type: text,
      selfBytes: number,
      retainedBytes: number,
      path: list(step),
      location,
      count: optional(number),
      totalBytes: optional(number),
    }),
  ),
});

const diff = record<DiffDocument>({
  schema: oneOf('memwatch/diff@1'),
  snapshots: list(text),
  heapBytes: optional(list(number)),
  classes: list(
    record({
      name: text,
      added: nullOr(number),
      freed: nullOr(number),
      countDelta: number,
      selfDelta: number,
      retainedDelta: number,
    }),
  ),
  objects: list(
    record({
      id: number,
      name: text,
      type: optional(text),
      retainedBytes: list(number),
      retainedDelta: number,
      path: list(step),
      location,
    }),
  ),
});

const functionFields: { [Key in keyof FunctionDocument]-?: Shape<FunctionDocument[Key]> } = {
  name: text,
  file: nullOr(text),
  line: nullOr(number),
  column: optional(number),
};
const lineFields = { file: text, line: number, column: optional(number), function: optional(text) };

const cpu = record<CpuDocument>({
  schema: oneOf('memwatch/cpu@1'),
  nodeVersion: optional(text),
  durationUs: number,
  wholeProgram: optional(flag),
  samples: optional(nullOr(number)),
  busyUs: optional(number),
  idleUs: optional(number),
  functions: list(record({ ...functionFields, calls: nullOr(number), selfUs: number, totalUs: number })),
  lines: list(record({ ...lineFields, selfUs: number, inlined: optional(flag) })),
});

const alloc = record<AllocDocument>({
  schema: oneOf('memwatch/alloc@1'),
  durationUs: number,
  wholeProgram: optional(flag),
  allocatedBytes: optional(number),
  liveBytes: optional(nullOr(number)),
  functions: list(record({ ...functionFields, selfBytes: number, totalBytes: number, liveBytes: nullOr(number) })),
  lines: list(record({ ...lineFields, selfBytes: number })),
});

const lines = record<LinesDocument>({
  schema: oneOf('memwatch/lines@1'),
  functions: list(
    record({
      name: text,
      file: text,
      lines: list(
        record({
          line: number,
          hits: nullOr(number),
          timeUs: nullOr(number),
          incrementBytes: nullOr(number),
          externalBytes: nullOr(number),
          source: text,
        }),
      ),
    }),
  ),
});

const shapes: Readonly<Record<SavedDocument['schema'], Shape<SavedDocument>>> = {
  'memwatch/heap@1': heap,
  'memwatch/diff@1': diff,
  'memwatch/cpu@1': cpu,
  'memwatch/alloc@1': alloc,
  'memwatch/lines@1': lines,
  'memwatch/check@1': checkReport,
  'memwatch/leaks@1': leakReport,
  'memwatch/waste@1': wasteReport,
};

/** The schema that a file's first bytes name; undefined if it is not a document of memwatch's. */
export const schemaOf = (head: string): string | undefined =>
  /^\s*\{\s*"schema"\s*:\s*"(memwatch\/[^"]*)"/.exec(head)?.[1];

/** `name` is for messages. */
export const readDocument = (content: string, name: string): SavedDocument | undefined => {
  const schema = schemaOf(content);
  const shape = schema === undefined ? undefined : (shapes as Readonly<Record<string, Shape<SavedDocument>>>)[schema];
  if (shape === undefined) return undefined;
  try {
    return shape(JSON.parse(content), '');
  } catch (cause) {
    throw new MemwatchError('broken-file', `${name} is broken, as ${schema}: ${messageOf(cause)}`, {
      hint: 'create it again with --json',
      cause,
    });
  }
};
