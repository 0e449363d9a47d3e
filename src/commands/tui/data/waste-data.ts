/**
 * The lists of waste in the Heap tab: its kinds, and the objects of one kind. In: HeapData, a query. Out: a page. Waste is
 * looked for in a thread of its own when it is first asked for, because a large heap takes long.
 */
import type { Heap } from '../../../analyzer/heap/heap.js';
import { sendGraph } from '../../../analyzer/model/string-table.js';
import type { WasteExample, WasteKind, WasteReport } from '../../../analyzer/model/waste.js';
import { renderPath } from '../../../report/path-text.js';
import { answerOfThread } from '../../../thread.js';
import type { ListOrder, ListQuery, ListWindow, Page, WasteRow } from '../../../tui/state/lists.js';
import { rowPage } from './row-list.js';

export type WasteQuery = Extract<ListQuery, { list: 'waste' | 'wasteOf' }>;

const reports = new WeakMap<Heap, Promise<WasteReport>>();

export const wastePage = async (heap: Heap, query: WasteQuery, order: ListOrder, window: ListWindow): Promise<Page> => {
  let report = reports.get(heap);
  if (report === undefined) reports.set(heap, (report = wasteOf(heap)));
  const { kinds, totalBytes } = await report;
  return rowPage(rowsOf(heap, kinds, query), order, window, totalBytes);
};

const wasteOf = async (heap: Heap): Promise<WasteReport> => {
  const { edges, dominators, classes, paths } = heap;
  const input = { sent: sendGraph(heap.graph), results: { edges, dominators, classes, paths } };
  return (await answerOfThread(new URL('waste-worker.js', import.meta.url), input)) as WasteReport;
};

const rowsOf = (heap: Heap, kinds: readonly WasteKind[], query: WasteQuery): WasteRow[] =>
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
): WasteRow => ({
  kind: 'waste',
  wasteKind: kind,
  isKind: false,
  name: example === undefined ? '' : renderPath(example.path),
  count,
  bytes,
  node: example === undefined ? undefined : heap.nodeWithId(example.id),
  advice,
});
