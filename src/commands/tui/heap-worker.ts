/** The thread of one big heap: computes what it was started with, answers with columns, and ends. */
import { workerData } from 'node:worker_threads';
import { stringTable } from '../../analyzer/formats/heapsnapshot-strings.js';
import { Heap } from '../../analyzer/heap/heap.js';
import type { HeapGraph, StringPages } from '../../analyzer/model/heap-graph.js';
import { answerFromThread } from '../thread.js';
import { computeHeapLists, type HeapAnswer } from './heap-data.js';

const { columns, strings } = workerData as { columns: Omit<HeapGraph, 'strings'>; strings: StringPages };

const compute = async (onProgress: (text: string) => void): Promise<HeapAnswer> => {
  onProgress('computing what holds what');
  const heap = await new Heap({ ...columns, strings: stringTable(strings) }).prepare();
  const lists = computeHeapLists(heap, onProgress);
  const { edges, dominators, classes, paths } = heap;
  return { results: { edges, dominators, classes, paths }, lists };
};

await answerFromThread(compute, ({ results: { edges, dominators, classes, paths }, lists }) => [
  edges.bits,
  edges.userOwned,
  dominators.immediate,
  dominators.retainedBytes,
  classes.classOf,
  paths.edge,
  paths.from,
  lists.dominated.first,
  lists.dominated.child,
  lists.biggest,
  lists.biggestOfClass,
]);
