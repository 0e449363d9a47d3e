/**
 * The second thread of threads.ts: reverses the edges of a graph while the first thread walks it; then, with the numbers of
 * that walk, prepares what the first one reads during its search for dominators; then counts the classes.
 */
import { once } from 'node:events';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { release } from '../model/columns.js';
import { receiveGraph, type SentGraph } from '../model/string-table.js';
import { failBlocks, fillBlocks, type BlockRing } from './block-ring.js';
import { countClasses } from './classes.js';
import type { EdgeRules } from './edge-rules.js';
import { packRetainers } from './packed-retainers.js';
import { createPredecessors, type WalkNumbers } from './predecessors.js';
import { applyRulesWithOther, type SharedWork } from './shared-rules.js';

export interface SecondThreadInput {
  readonly sent: SentGraph;
  readonly ring: BlockRing;
  /** For the retainers. */
  readonly memory: Uint32Array;
}

export interface SecondThreadRules {
  readonly rules: EdgeRules;
  readonly work: SharedWork;
}

const compute = async (port: MessagePort): Promise<void> => {
  const { sent, ring, memory } = workerData as SecondThreadInput;
  try {
    const graph = receiveGraph(sent);
    const [{ rules, work }] = (await once(port, 'message')) as [SecondThreadRules];
    applyRulesWithOther(graph, rules, work);
    const retainers = packRetainers(graph, rules.ruled.bits, memory);
    const [numbers] = (await once(port, 'message')) as [WalkNumbers];
    fillBlocks(ring, createPredecessors(numbers, retainers));
    release([retainers.bytes]);
    port.postMessage(countClasses(graph));
  } catch (error) {
    failBlocks(ring);
    throw error;
  }
};

// not awaited: CommonJS could not require a module with top-level await; an error still ends the thread
if (parentPort !== null) void compute(parentPort);
