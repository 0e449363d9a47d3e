/**
 * A snapshot with everything that the Heap tab shows of it. In: a file. Out: HeapData, which heap-lists.ts asks. Lives in
 * the data thread.
 */
import { readHeapSnapshot } from '../../analyzer/formats/heapsnapshot.js';
import { readScriptsTable } from '../../analyzer/formats/scripts-table.js';
import { findBiggest } from '../../analyzer/heap/biggest.js';
import { dominatedNodes } from '../../analyzer/heap/classes.js';
import { Heap } from '../../analyzer/heap/heap.js';
import { createLocator } from '../../analyzer/model/location.js';
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

export type Report = (text: string, share: number | undefined) => void;

const mostBiggest = 1000;

/** Reads a snapshot and computes what its first screen needs, telling of each step before it begins. */
export const readHeapData = async (file: string, report: Report): Promise<HeapData> => {
  const heap = await readHeap(file, report);
  report(`retained sizes of ${formatCount(heap.graph.nodeCount)} objects`, undefined);
  const { dominators } = heap;
  report('classes', undefined);
  const biggestOfClass = biggestByClass(heap);
  report('retaining paths', undefined);
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

/** Only the graph; its passes are computed when they are asked for. */
export const readHeap = async (file: string, report: Report): Promise<Heap> => {
  const graph = await readHeapSnapshot(file, { onProgress: (share) => report(`reading ${file}`, share) });
  const scripts = await readScriptsTable(file);
  if (scripts === undefined) return new Heap(graph);
  const locator = createLocator(scripts);
  return new Heap(graph, (scriptId, line, column) => locator.atPosition(scriptId, '', line, column));
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
