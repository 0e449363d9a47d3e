/**
 * The second thread of threads.ts: turns the edges of a graph round while the first walks it; then, with the numbers of
 * that walk, makes what the first reads as it searches for dominators.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { failBlocks, fillBlocks, type BlockRing } from './block-ring.js';
import { createPredecessors, type WalkNumbers } from './predecessors.js';
import { computeRetainers, type RetainersInput } from './retainers.js';

export interface SecondThreadInput {
  readonly graph: RetainersInput;
  readonly bits: Uint32Array;
  readonly ring: BlockRing;
}

const { graph, bits, ring } = workerData as SecondThreadInput;
try {
  const retainers = computeRetainers(graph, { bits });
  parentPort?.once('message', (numbers: WalkNumbers) => {
    fillBlocks(ring, createPredecessors(numbers, retainers));
  });
} catch (error) {
  failBlocks(ring);
  throw error;
}
