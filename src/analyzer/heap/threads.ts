/**
 * Computes retaining edges, dominators and classes with a second thread, if the graph is big enough to be worth it: one
 * thread walks the graph while the other reverses its edges; then one searches for dominators in what the other prepares.
 * Both read the same memory.
 */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { sharedWords } from '../model/columns.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators, RetainingEdges } from '../model/heap-results.js';
import { sendGraph } from '../model/string-table.js';
import { createBlockReader, createBlockRing } from './block-ring.js';
import type { CountedClasses } from './classes.js';
import { computeDominatorsFrom, computeDominatorsOf } from './dominators.js';
import { createRules, type RuledEdges } from './edge-rules.js';
import type { WalkNumbers } from './predecessors.js';
import type { SecondThreadInput, SecondThreadRules } from './second-thread.js';
import { applyRulesWithOther, applyToNextPart, createSharedWork } from './shared-rules.js';
import { walkHeap } from './walk.js';

/** Below this many edges a thread costs more than it saves. */
export const manyEdges = 2_000_000;

interface Prepared {
  readonly edges: RetainingEdges;
  readonly dominators: Dominators;
  /** Only set if the second thread had time for it; otherwise classes are counted when they are asked for. */
  readonly counted?: CountedClasses;
}

/** `twoThreadsFrom`: graphs with at least this many edges get a second thread. */
export const computeInThreads = async (graph: HeapGraph, twoThreadsFrom = manyEdges): Promise<Prepared> => {
  if (graph.edgeCount >= twoThreadsFrom && graph.edgeTarget.buffer instanceof SharedArrayBuffer)
    return computeInTwo(graph);
  const walked = walkHeap(graph);
  return { edges: walked.edges, dominators: computeDominatorsOf(graph, walked) };
};

const computeInTwo = async (graph: HeapGraph): Promise<Prepared> => {
  const ring = createBlockRing();
  const memory = sharedWords(2 * graph.nodeCount);
  const input: SecondThreadInput = { sent: sendGraph(graph), ring, memory };
  const second = new Worker(new URL('./second-thread.js', import.meta.url), { workerData: input });
  try {
    const online = once(second, 'online');
    const rules = await beginWhile(online, graph);
    await online;
    second.on('error', () => {}); // from here on, errors are reported through the ring
    second.postMessage(rules);
    applyRulesWithOther(graph, rules.rules, rules.work);
    const { edges, walk } = walkHeap(graph, withOwnBits(rules.rules.ruled));
    const { numberOf, nodeOf, lastOwned, firstOfRings } = walk;
    const numbers: WalkNumbers = { numberOf, nodeOf, lastOwned, firstOfRings, userOwned: edges.userOwned };
    second.postMessage(numbers);
    const dominators = computeDominatorsFrom(graph, walk, createBlockReader(ring), memory);
    const [counted] = (await once(second, 'message')) as [CountedClasses];
    return { edges, dominators, counted };
  } finally {
    await second.terminate();
  }
};

/** Applies rules while the other thread starts. */
const beginWhile = async (online: Promise<unknown>, graph: HeapGraph): Promise<SecondThreadRules> => {
  const thread = { isStarting: true };
  const end = (): boolean => (thread.isStarting = false);
  online.then(end, end); // whoever waits for it gets the error
  const rules = createRules(graph);
  const work = createSharedWork();
  do await setImmediate();
  while (thread.isStarting && applyToNextPart(graph, rules, work));
  return { rules, work };
};

/** A copy of the bits, because the walk clears some of them. */
const withOwnBits = ({ bits, others }: RuledEdges): RuledEdges => {
  const own = sharedWords(bits.length);
  own.set(bits);
  return { bits: own, others };
};
