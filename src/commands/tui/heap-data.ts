/**
 * A snapshot with everything that the Heap tab shows of it. In: a file. Out: HeapData, which heap-lists.ts asks. Lives in
 * the data thread.
 */
import { findBiggest } from '../../analyzer/heap/biggest.js';
import { dominatedNodes } from '../../analyzer/heap/classes.js';
import type { Heap } from '../../analyzer/heap/heap.js';
import { formatCount } from '../../report/units.js';

export interface HeapData {
  readonly file: string;
  readonly heap: Heap;
  /** The dominator tree turned round: what node n immediately dominates stands at first[n] … first[n + 1]. */
  readonly dominated: { readonly first: Uint32Array; readonly child: Uint32Array };
  /** The objects that hold most, no one of them only by what another holds. */
  readonly biggest: Uint32Array;
  /** For each class, the node of it that retains most. */
  readonly biggestOfClass: Uint32Array;
  readonly totalBytes: number;
}

export type Report = (text: string) => void;

const mostBiggest = 1000;

/** Computes what the first screen needs, telling of each step before it begins. */
export const computeHeapData = (file: string, heap: Heap, report: Report): HeapData => {
  report(`retained sizes of ${formatCount(heap.graph.nodeCount)} objects`);
  const { dominators } = heap;
  report('classes');
  const biggestOfClass = biggestByClass(heap);
  report('retaining paths');
  if (heap.paths === undefined) throw new Error('paths are computed when they are asked for');
  return {
    file,
    heap,
    dominated: dominatedNodes(dominators.immediate),
    biggest: Uint32Array.from(findBiggest(heap.graph, dominators, mostBiggest)),
    biggestOfClass,
    totalBytes: dominators.retainedBytes[0],
  };
};

const biggestByClass = ({ classes, dominators }: Heap): Uint32Array => {
  const { classOf, list } = classes;
  const { retainedBytes } = dominators;
  const biggest = new Uint32Array(list.length);
  const most = new Float64Array(list.length).fill(-1);
  for (let node = 0; node < classOf.length; node++) {
    if (retainedBytes[node] <= most[classOf[node]]) continue;
    most[classOf[node]] = retainedBytes[node];
    biggest[classOf[node]] = node;
  }
  return biggest;
};
