/**
 * Results that memwatch wrote with --json, as lists of the screen. In: a document. Out: rows, and sources with costs.
 * What a result leaves out (the tree behind it, a flame graph) is not available.
 */
import { allocTable, cpuTable } from '../../../analyzer/formats/documents/cost-document.js';
import type { SavedDocument } from '../../../analyzer/formats/documents/document.js';
import type { CostTable } from '../../../analyzer/model/cost.js';
import type { DiffDocument, HeapDocument, LinesDocument, ObjectDocument } from '../../../analyzer/model/documents.js';
import { renderPath } from '../../../report/path-text.js';
import { formatBytes, formatCount, formatDuration } from '../../../report/units.js';
import type { Dataset } from '../../../tui/state/provider.js';
import type { LineCost, PathStepRow } from '../../../tui/state/detail.js';
import type { ClassRow, FunctionRow, GrowthRow, LineRow, ListQuery, ObjectRow, Row } from '../../../tui/state/lists.js';

export interface SavedResult {
  readonly dataset: Dataset;
  readonly summary: string;
  readonly whole: number;
  readonly lists: Partial<Record<ListQuery['list'], readonly Row[]>>;
  readonly sources: readonly SavedSource[];
  /** Retaining paths of the objects of `lists.biggest`, by their node. */
  readonly paths?: readonly (readonly PathStepRow[])[];
}

/** Lines of a file as a result quotes them; not the whole file. */
export interface SavedSource {
  readonly file: string;
  readonly costs: readonly LineCost[];
}

/** undefined if there is no screen for that kind of result. */
export const savedResult = (document: SavedDocument): SavedResult | undefined => {
  switch (document.schema) {
    case 'memwatch/heap@1':
      return savedHeap(document);
    case 'memwatch/diff@1':
      return savedDiff(document);
    case 'memwatch/cpu@1':
      return savedProfile(cpuTable(document), 'cpu');
    case 'memwatch/alloc@1':
      return savedProfile(allocTable(document), 'alloc');
    case 'memwatch/lines@1':
      return savedLines(document);
    default:
      return undefined;
  }
};

const savedHeap = ({ snapshot, classes, dominators }: HeapDocument): SavedResult => ({
  dataset: 'heap',
  summary: `${snapshot.file}: ${formatBytes(snapshot.selfBytes)}, ${formatCount(snapshot.nodes)} objects (a saved result: what memwatch heap printed)`,
  whole: snapshot.selfBytes,
  lists: {
    classes: classes.map(({ name, count, selfBytes, retainedBytes }): ClassRow => ({
      kind: 'class',
      name,
      count,
      selfBytes,
      retainedBytes,
      biggest: undefined,
    })),
    biggest: dominators.map((object, at): ObjectRow => ({
      kind: 'object',
      key: String(at),
      node: at,
      id: object.id,
      edge: edgeTo(object),
      name: object.name,
      type: object.type,
      selfBytes: object.selfBytes,
      retainedBytes: object.retainedBytes,
      depth: 0,
      branches: false,
      open: false,
      place: object.location ?? undefined,
    })),
  },
  sources: [],
  paths: dominators.map(({ path }) => path.map((step) => ({ ...step, retainedBytes: null, place: undefined }))),
});

/** The name by which its holder refers to it. */
const edgeTo = ({ path }: ObjectDocument): string | undefined => path.at(-1)?.label || undefined;

const savedDiff = ({ snapshots, heapBytes = [], classes, objects }: DiffDocument): SavedResult => ({
  dataset: 'growth',
  summary: `${snapshots.length} snapshots (a saved result: what memwatch diff printed)`,
  whole: Math.max(1, (heapBytes.at(-1) ?? 0) - (heapBytes[0] ?? 0)),
  lists: {
    grownClasses: classes.map(({ name, countDelta, selfDelta }): GrowthRow => ({
      ...noObject,
      name,
      history: [],
      bytesDelta: selfDelta,
      countDelta,
      path: '',
    })),
    grownObjects: objects.map((object): GrowthRow => ({
      ...noObject,
      name: object.name,
      id: object.id,
      history: object.retainedBytes,
      bytesDelta: object.retainedDelta,
      countDelta: undefined,
      path: renderPath(object.path),
    })),
  },
  sources: [],
});
const noObject = { kind: 'growth', node: undefined, id: undefined, place: undefined } as const;

const savedProfile = ({ unit, functions, lines, durationUs }: CostTable, dataset: 'cpu' | 'alloc'): SavedResult => ({
  dataset,
  summary: `profile of ${formatDuration(durationUs)} (a saved result: the functions that memwatch ${dataset} printed)`,
  whole: Math.max(
    1,
    functions.reduce((sum, { self }) => sum + self, 0),
  ),
  lists: {
    functions: functions.map(({ name, file, line, self, total, live, mayBeInlined }): FunctionRow => ({
      kind: 'function',
      frame: -1,
      name,
      place: file === null || line === null ? undefined : { file, line, column: 0 },
      hottest: undefined,
      self,
      total,
      live: live ?? undefined,
      unit,
      mayBeInlined,
    })),
    hotLines: lines.map(({ file, line, function: functionName, self, inlined, mayBeInlined }): LineRow => ({
      kind: 'line',
      place: { file, line, column: 0 },
      functionName,
      self,
      unit,
      mayBeInlined: inlined || mayBeInlined,
    })),
  },
  sources: lines.map(({ file, line, self }) => ({
    file,
    costs: [{ line, ...(dataset === 'alloc' ? { bytes: self } : { selfUs: self }) }],
  })),
});

const savedLines = ({ functions }: LinesDocument): SavedResult => {
  const rows = functions.flatMap(({ name, file, lines }) =>
    lines.map(({ line, timeUs }): LineRow => ({
      kind: 'line',
      place: { file, line, column: 0 },
      functionName: name,
      self: timeUs ?? 0,
      unit: 'microseconds',
      mayBeInlined: false,
    })),
  );
  return {
    dataset: 'cpu',
    summary: `${functions.map(({ name }) => name).join(', ')}: line by line (a saved result of memwatch lines)`,
    whole: Math.max(
      1,
      rows.reduce((sum, row) => sum + row.self, 0),
    ),
    lists: { hotLines: rows, functions: [] },
    sources: functions.map(({ file, lines }) => ({
      file,
      costs: lines.map(({ line, hits, timeUs, incrementBytes }) => ({
        line,
        hits: hits ?? undefined,
        selfUs: timeUs ?? undefined,
        bytes: incrementBytes ?? undefined,
      })),
    })),
  };
};
