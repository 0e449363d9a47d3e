/**
 * The second thread of threads.ts: reverses the edges of a graph while the first thread walks it; then, with the numbers of
 * that walk, prepares what the first one reads during its search for dominators; then counts the classes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { release } from '../model/columns.js';
import { receiveGraph, type SentGraph } from '../model/string-table.js';
import { failBlocks, fillBlocks, type BlockRing } from './block-ring.js';
import { countClasses } from './classes.js';
import { ruleEdges } from './edge-rules.js';
import { createPredecessors, type WalkNumbers } from './predecessors.js';
import { computeRetainers } from './retainers.js';

export interface SecondThreadInput {
  readonly sent: SentGraph;
  readonly ring: BlockRing;
}

const { sent, ring } = workerData as SecondThreadInput;
const graph = receiveGraph(sent);
try {
  // a copy of the bits, because the walk clears some of them
  const retainers = computeRetainers(graph, ruleEdges(graph));
  parentPort?.once('message', (numbers: WalkNumbers) => {
    fillBlocks(ring, createPredecessors(numbers, retainers));
    release([retainers.first, retainers.node]);
    parentPort?.postMessage(countClasses(graph));
  });
} catch (error) {
  failBlocks(ring);
  throw error;
}
