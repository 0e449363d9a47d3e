/** The thread of one big heap: computes the columns of the heap that it was started with, sends them back, and ends. */
import { workerData } from 'node:worker_threads';
import { receiveGraph, type SentGraph } from '../../../analyzer/model/string-table.js';
import { Heap } from '../../../analyzer/heap/heap.js';
import { answerFromThread } from '../../../thread.js';
import { computeHeapLists, type HeapAnswer } from './heap-data.js';

const graph = receiveGraph(workerData as SentGraph);

const compute = async (onProgress: (text: string) => void): Promise<HeapAnswer> => {
  onProgress('computing retained sizes');
  const heap = await new Heap(graph).prepare();
  const lists = computeHeapLists(heap, onProgress);
  const { edges, dominators, classes, paths } = heap;
  return { results: { edges, dominators, classes, paths }, lists };
};

await answerFromThread(compute, ({ results: { edges, dominators, classes, paths }, lists }) => [
  edges.bits,
  edges.userOwned,
  dominators.immediate,
  dominators.retainedBytes,
  dominators.preorder,
  dominators.subtreeNodes,
  classes.classOf,
  paths.edge,
  paths.from,
  lists.biggest,
  lists.biggestOfClass,
]);
