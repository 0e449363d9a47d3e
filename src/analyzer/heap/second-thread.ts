/**
 * The second thread of threads.ts: turns the edges of a graph round while the first walks it; then, with the numbers of
 * that walk, makes what the first reads as it searches for dominators.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { failBlocks, fillBlocks, type BlockRing } from './block-ring.js';
import { ruleEdges, type EphemeronNames, type RulesInput } from './edge-rules.js';
import { createPredecessors, type WalkNumbers } from './predecessors.js';
import { computeRetainers } from './retainers.js';

export interface SecondThreadInput {
  readonly graph: RulesInput;
  readonly ephemerons: EphemeronNames;
  readonly ring: BlockRing;
}

const { graph, ephemerons, ring } = workerData as SecondThreadInput;
try {
  const retainers = computeRetainers(graph, ruleEdges(graph, ephemerons)); // bits of its own: the walk takes some away;
  parentPort?.once('message', (numbers: WalkNumbers) => {
    fillBlocks(ring, createPredecessors(numbers, retainers));
  });
} catch (error) {
  failBlocks(ring);
  throw error;
}
