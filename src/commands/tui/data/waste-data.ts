/**
 * The lists of waste in the Heap tab: its kinds, and the objects of one kind. In: HeapData, a query. Out: a page. Waste is
 * looked for in a thread of its own when it is first asked for, because a large heap takes long.
 */
import type { Heap } from '../../../analyzer/heap/heap.js';
import { sendGraph } from '../../../analyzer/model/string-table.js';
import type { Location } from '../../../analyzer/model/location.js';
import type { WasteExample, WasteKind, WasteReport } from '../../../analyzer/model/waste.js';
import { createProgramPlaces } from '../../../analyzer/waste/holders.js';
import { readSource } from '../../../leaks/script-text.js';
import { renderPath } from '../../../report/path-text.js';
import { answerOfThread } from '../../../thread.js';
import type { ListOrder, ListQuery, ListWindow, Page, WasteRow } from '../../../tui/state/lists.js';
import { rowPage } from './row-list.js';

export type WasteQuery = Extract<ListQuery, { list: 'waste' | 'wasteOf' }>;

/** The heap's program is known here alone: the thread that looks for waste has no table of scripts. */
interface Looked {
  readonly report: Promise<WasteReport>;
  readonly placeOf: (node: number) => Location | null;
}

const looked = new WeakMap<Heap, Looked>();

export const wastePage = async (heap: Heap, query: WasteQuery, order: ListOrder, window: ListWindow): Promise<Page> => {
  const { report, placeOf } = looked.get(heap) ?? look(heap);
  const { kinds, totalBytes } = await report;
  const rows = rowsOf(heap, kinds, query).map((row) => ({
    ...row,
    place: row.node === undefined ? undefined : (placeOf(row.node) ?? undefined),
  }));
  return rowPage(rows, order, window, totalBytes);
};

const look = (heap: Heap): Looked => {
  const now = { report: wasteOf(heap), placeOf: createProgramPlaces(heap, readSource) };
  looked.set(heap, now);
  return now;
};

const wasteOf = async (heap: Heap): Promise<WasteReport> => {
  const { edges, dominators, classes, paths } = heap;
  const input = { sent: sendGraph(heap.graph), results: { edges, dominators, classes, paths } };
  return (await answerOfThread(new URL('waste-worker.js', import.meta.url), input)) as WasteReport;
};

type UnplacedRow = Omit<WasteRow, 'place'>;

const rowsOf = (heap: Heap, kinds: readonly WasteKind[], query: WasteQuery): UnplacedRow[] =>
  query.list === 'waste'
    ? kinds.map((kind) => ({ ...rowOf(heap, kind, kind), name: kind.title, isKind: true }))
    : kinds.flatMap((kind) =>
        kind.kind === query.wasteKind ? kind.examples.map((example) => rowOf(heap, kind, example, example)) : [],
      );

const rowOf = (
  heap: Heap,
  { kind, advice, examples }: WasteKind,
  { count, bytes }: Pick<WasteKind, 'count' | 'bytes'>,
  example: WasteExample | undefined = examples[0],
): UnplacedRow => ({
  kind: 'waste',
  wasteKind: kind,
  isKind: false,
  name: example === undefined ? '' : renderPath(example.path),
  count,
  bytes,
  node: example === undefined ? undefined : heap.nodeWithId(example.id),
  advice,
});
