/**
 * Retaining edges and dominators with a second thread, where the graph is big enough to be worth it: one thread walks the
 * graph while the other turns its edges round; both read the same memory.
 */
import { Worker } from 'node:worker_threads';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators, Retainers, RetainingEdges } from '../model/heap-results.js';
import { computeDominatorsOf } from './dominators.js';
import { ruleEdges, sharedUint32 } from './edge-rules.js';
import { computeRetainers } from './retainers.js';
import { walkHeap } from './walk.js';

/** Below this a thread costs more than it saves. */
const manyEdges = 2_000_000;

export const computeInThreads = async (
  graph: HeapGraph,
): Promise<{ readonly edges: RetainingEdges; readonly dominators: Dominators }> => {
  const ruled = ruleEdges(graph);
  if (graph.edgeCount < manyEdges || !(graph.edgeTarget.buffer instanceof SharedArrayBuffer)) {
    const walked = walkHeap(graph, ruled);
    return {
      edges: walked.edges,
      dominators: computeDominatorsOf(graph, walked, computeRetainers(graph, walked.edges)),
    };
  }
  // a copy, because the walk takes bits away while the other thread reads them
  const bits = sharedUint32(ruled.bits.length);
  bits.set(ruled.bits);
  const started = startRetainers(graph, bits);
  const walked = walkHeap(graph, ruled);
  return { edges: walked.edges, dominators: computeDominatorsOf(graph, walked, await started) };
};

const startRetainers = (graph: HeapGraph, bits: Uint32Array): Promise<Retainers> =>
  new Promise((resolve, reject) => {
    const { nodeCount, edgeCount, firstEdge, edgeTarget } = graph;
    const worker = new Worker(new URL('./retainers-worker.js', import.meta.url), {
      workerData: { graph: { nodeCount, edgeCount, firstEdge, edgeTarget }, bits },
    });
    worker.once('message', (retainers: Retainers) => {
      void worker.terminate();
      resolve(retainers);
    });
    worker.once('error', reject);
  });
