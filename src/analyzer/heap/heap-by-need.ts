/**
 * A heap that is in an index, for questions about a few objects: of its columns only the blocks are read that are asked for.
 * In: the same heap with whole columns, for what would take longer this way.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import type { Retainers, StoredResults } from '../model/heap-results.js';
import { sourceOf } from './edge-rules.js';
import { retains } from './edges.js';
import { Heap, type FindPlace } from './heap.js';

/** So often all edges are looked through for the holders of one node; then they are found for all nodes. */
const mostScans = 8;
/** A node with more holders than this is not looked up one by one. */
const mostHolders = 10_000;

export class HeapByNeed extends Heap {
  private scans = 0;

  constructor(
    private readonly whole: Heap,
    graph: HeapGraph,
    findPlace: FindPlace,
    stored: StoredResults,
  ) {
    super(graph, findPlace, whole.process, whole.nodeVersion, stored);
  }

  override get retainers(): Retainers {
    return this.whole.retainers;
  }

  override retainersOf(node: number): Iterable<number> {
    if (this.scans++ >= mostScans) return super.retainersOf(node);
    const { edgeTarget } = this.graph;
    const found: number[] = [];
    for (let edge = edgeTarget.indexOf(node); edge !== -1; edge = edgeTarget.indexOf(node, edge + 1)) {
      if (found.length > mostHolders) return super.retainersOf(node);
      if (retains(this.edges, edge)) found.push(sourceOf(this.graph, edge));
    }
    return found;
  }
}
