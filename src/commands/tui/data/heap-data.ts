/**
 * A snapshot with everything that the Heap tab shows of it. In: a heap. Out: HeapData, from which heap-lists.ts makes
 * lists. For a big heap it is computed in a thread of its own, while the data thread keeps serving requests.
 */
import type { Heap } from '../../../analyzer/heap/heap.js';
import { manyEdges } from '../../../analyzer/heap/threads.js';
import type { HeapResults } from '../../../analyzer/model/heap-results.js';
import { sendGraph } from '../../../analyzer/model/string-table.js';
import { formatCount } from '../../../report/units.js';
import { answerOfThread } from '../../../thread.js';

export interface HeapData extends HeapLists {
  readonly heap: Heap;
  readonly totalBytes: number;
}

/** Columns that only the screen needs. */
export interface HeapLists {
  /** The objects that retain most, without those that hold their bytes only through others in the list. */
  readonly biggest: Uint32Array;
  /** For each class, the node of it that retains most. */
  readonly biggestOfClass: Uint32Array;
}

/** What the thread of a big heap sends back. */
export interface HeapAnswer {
  readonly results: HeapResults;
  readonly lists: HeapLists;
}

export type Report = (text: string) => void;

const mostBiggest = 1000;

/**
 * From this size on, computing takes more than a moment: it gets its own thread, and classes are shown before it is
 * done.
 */
export const isBig = (heap: Heap): boolean => heap.stored === undefined && heap.graph.edgeCount >= manyEdges;

export const computeHeapData = async (heap: Heap, report: Report): Promise<HeapData> => {
  const lists = isBig(heap) ? await computeInThread(heap, report) : computeHeapLists(await heap.prepare(), report);
  return { ...lists, heap, totalBytes: heap.totalBytes };
};

const computeInThread = async (heap: Heap, report: Report): Promise<HeapLists> => {
  const file = new URL('heap-worker.js', import.meta.url);
  const answer = answerOfThread(file, sendGraph(heap.graph), { onProgress: report });
  const { results, lists } = (await answer) as HeapAnswer;
  heap.adopt(results);
  return lists;
};

/** Computes what the first screen needs, and reports each step before it begins. */
export const computeHeapLists = (heap: Heap, report: Report): HeapLists => {
  const steps: readonly [string, () => unknown][] = [
    [`computing retained sizes of ${formatCount(heap.graph.nodeCount)} objects`, () => heap.dominators],
    ['computing what each class retains', () => heap.classes],
    ['computing retaining paths', () => heap.paths],
  ];
  for (const [text, compute] of heap.stored === undefined ? steps : []) {
    report(text);
    compute();
  }
  return { biggest: heap.biggest.slice(0, mostBiggest), biggestOfClass: heap.biggestOfClass };
};
