/**
 * Results that memwatch wrote with --json, as lists of the screen. In: a document. Out: rows, and sources with costs. What
 * a result leaves out (the tree behind it, a flame graph) cannot be asked of it.
 */
import type { Location } from '../../analyzer/model/location.js';
import { formatBytes, formatCount, formatDuration } from '../../report/units.js';
import type {
  ClassRow,
  Dataset,
  FunctionRow,
  GrowthRow,
  LineCost,
  LineRow,
  ListQuery,
  ObjectRow,
  PathStepRow,
  Row,
} from '../../tui/state/provider.js';

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

/** What a screen needs of the documents; each holds more. */
interface SavedDocument {
  readonly schema: string;
  readonly snapshot: { readonly file: string; readonly nodes: number; readonly selfBytes: number };
  /** Counts and sizes in a heap's, deltas in a diff's. */
  readonly classes: readonly {
    readonly name: string;
    readonly count: number;
    readonly selfBytes: number;
    readonly retainedBytes: number;
    readonly countDelta: number;
    readonly selfDelta: number;
  }[];
  readonly dominators: readonly SavedObject[];
  readonly snapshots: readonly string[];
  readonly heapBytes: readonly number[];
  readonly objects: readonly (Omit<SavedObject, 'retainedBytes'> & {
    retainedBytes: number[];
    retainedDelta: number;
  })[];
  readonly durationUs: number;
  readonly functions: readonly SavedFunction[];
  readonly lines: readonly { file: string; line: number; function: string; selfUs?: number; selfBytes?: number }[];
}
interface SavedObject {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly selfBytes: number;
  readonly retainedBytes: number;
  readonly path: readonly { label: string; name: string; id: number }[];
  readonly location: Location | null;
}
interface SavedFunction {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly selfUs?: number;
  readonly totalUs?: number;
  readonly selfBytes?: number;
  readonly totalBytes?: number;
  readonly liveBytes?: number;
  /** Of `lines`: the lines of the function. */
  readonly lines?: readonly {
    line: number;
    hits: number | null;
    timeUs: number | null;
    incrementBytes: number | null;
  }[];
}

/** undefined where there is no screen for that kind of result. */
export const savedResult = (document: unknown): SavedResult | undefined => {
  const saved = document as SavedDocument;
  switch (saved.schema) {
    case 'memwatch/heap@1':
      return savedHeap(saved);
    case 'memwatch/diff@1':
      return Array.isArray(saved.objects) && Array.isArray(saved.heapBytes) ? savedDiff(saved) : undefined;
    case 'memwatch/cpu@1':
      return savedProfile(saved, 'cpu');
    case 'memwatch/alloc@1':
      return savedProfile(saved, 'alloc');
    case 'memwatch/lines@1':
      return savedLines(saved);
    default:
      return undefined;
  }
};

const savedHeap = ({ snapshot, classes, dominators }: SavedDocument): SavedResult => ({
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
      edge: object.path.at(-1)?.label || undefined,
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
  paths: dominators.map(({ path }) =>
    path.map(({ label, name, id }) => ({
      edge: label === '' ? undefined : label,
      name,
      id,
      retainedBytes: null,
      place: undefined,
    })),
  ),
});

const pathText = (path: readonly { label: string; name: string }[]): string =>
  path.map((step) => (step.label === '' ? step.name : step.label)).join(' → ');

const savedDiff = ({ snapshots, heapBytes, classes, objects }: SavedDocument): SavedResult => ({
  dataset: 'growth',
  summary: `${snapshots.length} snapshots (a saved result: what memwatch diff printed)`,
  whole: Math.max(1, heapBytes[heapBytes.length - 1] - heapBytes[0]),
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
      path: pathText(object.path),
    })),
  },
  sources: [],
});
const noObject = { kind: 'growth', node: undefined, id: undefined } as const;

const savedProfile = ({ functions, lines, durationUs }: SavedDocument, dataset: 'cpu' | 'alloc'): SavedResult => {
  const unit = dataset === 'cpu' ? 'microseconds' : 'bytes';
  const whole = functions.reduce((sum, one) => sum + (one.selfUs ?? one.selfBytes ?? 0), 0);
  return {
    dataset,
    summary: `profile of ${formatDuration(durationUs)} (a saved result: the functions that memwatch ${dataset} printed)`,
    whole: Math.max(1, whole),
    lists: {
      functions: functions.map((one): FunctionRow => ({
        kind: 'function',
        frame: -1,
        name: one.name,
        place: one.file === null || one.line === null ? undefined : { file: one.file, line: one.line, column: 0 },
        hottest: undefined,
        self: one.selfUs ?? one.selfBytes ?? 0,
        total: one.totalUs ?? one.totalBytes ?? 0,
        live: one.liveBytes,
        unit,
      })),
      hotLines: lines.map((one): LineRow => ({
        kind: 'line',
        place: { file: one.file, line: one.line, column: 0 },
        functionName: one.function,
        self: one.selfUs ?? one.selfBytes ?? 0,
        unit,
      })),
    },
    sources: lines.map(({ file, line, selfUs, selfBytes }) => ({
      file,
      costs: [{ line, ...(selfUs === undefined ? { bytes: selfBytes ?? 0 } : { selfUs }) }],
    })),
  };
};

const savedLines = ({ functions }: SavedDocument): SavedResult => {
  const rows = functions.flatMap(({ name, file, lines = [] }) =>
    lines.map(({ line, timeUs }): LineRow => ({
      kind: 'line',
      place: { file: file ?? '', line, column: 0 },
      functionName: name,
      self: timeUs ?? 0,
      unit: 'microseconds',
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
    sources: functions.map(({ file, lines = [] }) => ({
      file: file ?? '',
      costs: lines.map(({ line, hits, timeUs, incrementBytes }) => ({
        line,
        hits: hits ?? undefined,
        selfUs: timeUs ?? undefined,
        bytes: incrementBytes ?? undefined,
      })),
    })),
  };
};
