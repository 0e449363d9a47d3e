/**
 * Which bytes of a heap are already reported as waste, so that none is counted twice. In: a node and the bytes of it
 * that could be saved. Out: those of them that were not claimed before.
 */
import type { HeapGraph } from '../model/heap-graph.js';

export class Claims {
  /** For each node, how many of its own bytes are claimed. */
  private readonly claimed: Uint32Array;

  constructor(private readonly graph: HeapGraph) {
    this.claimed = new Uint32Array(graph.nodeCount);
  }

  take(node: number, bytes: number): number {
    const taken = Math.max(0, Math.min(bytes, this.graph.selfBytes[node] - this.claimed[node]));
    this.claimed[node] += taken;
    return taken;
  }

  /** Whether some of the node's bytes are claimed. */
  has(node: number): boolean {
    return this.claimed[node] > 0;
  }

  takeAll(node: number): number {
    return this.take(node, this.graph.selfBytes[node]);
  }
}
