/**
 * A graph with every pass over it; each pass is computed once, when it is first asked for. Also: one of its objects as
 * reports show it.
 */
import { nodeTypeName, type HeapGraph } from '../model/heap-graph.js';
import type {
  Classes,
  Dominators,
  HeapObject,
  HeapResults,
  Paths,
  Retainers,
  RetainingEdges,
  StoredResults,
} from '../model/heap-results.js';
import type { Location } from '../model/location.js';
import { computeBiggestOfClass, findBiggest } from './biggest.js';
import { countClasses, withRetained, type CountedClasses } from './classes.js';
import { computeDominators } from './dominators.js';
import { computeRetainingEdges } from './edges.js';
import { createMachinery, type Machinery } from './machinery.js';
import { computePaths, findPath } from './paths.js';
import { computeRetainers } from './retainers.js';
import { computeInThreads } from './threads.js';
import { displayName } from './words.js';

/** Turns a 0-based position in a script, as in a snapshot, into a location; undefined if the script has no name. */
export type FindPlace = (scriptId: number, line: number, column: number) => Location | undefined;

export class Heap {
  private lazyEdges: RetainingEdges | undefined;
  private lazyRetainers: Retainers | undefined;
  private lazyDominators: Dominators | undefined;
  private counted: CountedClasses | undefined;
  private lazyClasses: Classes | undefined;
  private lazyPaths: Paths | undefined;
  private lazyMachinery: Machinery | undefined;
  private lazyBiggest: Uint32Array | undefined;
  private lazyBiggestOfClass: Uint32Array | undefined;
  /** The same heap for questions about a few objects: it reads less, if the heap is in an index. */
  byNeed: Heap = this;

  constructor(
    readonly graph: HeapGraph,
    readonly placeAt: FindPlace = () => undefined,
    /** The process and thread that the heap is of; undefined if the capture does not say. */
    readonly process?: string,
    /** The Node version of that process; undefined if the capture does not say. */
    readonly nodeVersion?: string,
    /** Results of an earlier reading of the same file; each is read from its index when it is asked for. */
    readonly stored?: StoredResults,
  ) {}

  get edges(): RetainingEdges {
    return (this.lazyEdges ??= this.stored?.edges ?? computeRetainingEdges(this.graph));
  }
  get retainers(): Retainers {
    return (this.lazyRetainers ??= computeRetainers(this.graph, this.edges));
  }
  /** The nodes that hold this one; several times, if they do. */
  retainersOf(node: number): Iterable<number> {
    const { first, node: retainer } = this.retainers;
    return retainer.subarray(first[node], first[node + 1]);
  }
  get dominators(): Dominators {
    return (this.lazyDominators ??= this.stored?.dominators ?? computeDominators(this.graph));
  }
  get classes(): Classes {
    return (this.lazyClasses ??=
      this.stored?.classes ?? withRetained(this.counted ?? countClasses(this.graph), this.dominators));
  }
  get paths(): Paths {
    return (this.lazyPaths ??= this.stored?.paths ?? computePaths(this.graph, this.edges));
  }
  /** The biggest objects that a user can act on, see biggest.ts. */
  get biggest(): Uint32Array {
    return (this.lazyBiggest ??= this.stored?.biggest ?? Uint32Array.from(findBiggest(this.graph, this.dominators)));
  }
  /** For each class, the node of it that retains most. */
  get biggestOfClass(): Uint32Array {
    return (this.lazyBiggestOfClass ??=
      this.stored?.biggestOfClass ?? computeBiggestOfClass(this.classes, this.dominators));
  }
  /** Bytes of the whole heap. */
  get totalBytes(): number {
    return this.stored?.totalBytes ?? this.dominators.retainedBytes[0];
  }

  get machinery(): Machinery {
    return (this.lazyMachinery ??= createMachinery(this.graph));
  }

  /** The same heap with other ids for its nodes; results computed so far are kept. */
  withIds(nodeId: Uint32Array): Heap {
    const heap = new Heap({ ...this.graph, nodeId }, this.placeAt, this.process);
    heap.lazyEdges = this.stored?.edges ?? this.lazyEdges;
    heap.lazyDominators = this.stored?.dominators ?? this.lazyDominators;
    heap.lazyPaths = this.stored?.paths ?? this.lazyPaths;
    return heap;
  }

  /** Takes over results that another thread computed for the same graph. */
  adopt({ edges, dominators, classes, paths }: HeapResults): this {
    this.lazyEdges = edges;
    this.lazyDominators = dominators;
    this.lazyClasses = classes;
    this.lazyPaths = paths;
    return this;
  }

  /** Computes in two threads what most questions need; without this call it is computed in one. */
  async prepare(): Promise<this> {
    if (this.stored !== undefined) return this;
    const { edges, dominators, counted } = await computeInThreads(this.graph);
    this.lazyEdges = edges;
    this.lazyDominators = dominators;
    this.counted = counted;
    return this;
  }

  /** The node with V8's id; -1 if there is none. */
  nodeWithId(id: number): number {
    return this.graph.nodeId.indexOf(id);
  }

  /** Where the node's function, or its class, is in the source. */
  locationOf(node: number): Location | null {
    const { nodes, scriptIds, lines, columns } = this.graph.positions;
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (nodes[middle] < node) low = middle + 1;
      else high = middle;
    }
    if (nodes[low] !== node) return null;
    return this.placeAt(scriptIds[low], lines[low], columns[low]) ?? null;
  }

  object(node: number): HeapObject {
    const { graph, dominators } = this;
    return {
      id: graph.nodeId[node],
      name: displayName(graph, node),
      type: nodeTypeName(graph, node),
      selfBytes: graph.selfBytes[node],
      retainedBytes: dominators.retainedBytes[node],
      path: findPath(graph, this.paths, node),
      location: this.locationOf(node),
    };
  }
}
