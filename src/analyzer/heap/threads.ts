/**
 * Retaining edges and dominators with a second thread, where the graph is big enough to be worth it: one thread walks the
 * graph while the other turns its edges round; both read the same memory.
 */
import { Worker } from 'node:worker_threads';
import { release, sharedWords } from '../model/columns.js';
import type { HeapGraph } from '../model/heap-graph.js';
import type { Dominators, Retainers, RetainingEdges } from '../model/heap-results.js';
import { computeDominatorsOf } from './dominators.js';
import { ruleEdges } from './edge-rules.js';
import { computeRetainers } from './retainers.js';
import { walkHeap } from './walk.js';

/** Below this a thread costs more than it saves. */
const manyEdges = 2_000_000;

export const computeInThreads = async (
  graph: HeapGraph,
): Promise<{ readonly edges: RetainingEdges; readonly dominators: Dominators }> => {
  const ruled = ruleEdges(graph);
  let started: Promise<Retainers> | undefined;
  if (graph.edgeCount >= manyEdges && graph.edgeTarget.buffer instanceof SharedArrayBuffer) {
    // a copy, because the walk takes bits away while the other thread reads them
    const bits = sharedWords(ruled.bits.length);
    bits.set(ruled.bits);
    started = startRetainers(graph, bits);
  }
  const walked = walkHeap(graph, ruled);
  const retainers = started === undefined ? computeRetainers(graph, walked.edges) : await started;
  const dominators = computeDominatorsOf(graph, walked, retainers);
  release([retainers.first, retainers.node, walked.walk.nodeOf, walked.walk.parent, walked.walk.spare]);
  return { edges: walked.edges, dominators };
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
