/**
 * Waste grouped by what holds it. In: nodes with bytes. Out: the ways in which most of it is held, each with its
 * largest node, the path to that node and the nearest place in the program's source.
 */
import type { Heap } from '../heap/heap.js';
import { findPath } from '../heap/paths.js';
import { createHolderPlaces } from '../growth/locate.js';
import type { TextOf } from './kinds.js';
import { isNodesOwn } from './nodes-own.js';
import { createWays } from '../heap/ways.js';
import { displayName } from '../heap/words.js';
import type { Location } from '../model/location.js';
import type { WasteExample } from '../model/waste.js';

const maxExamples = 5;
interface Group {
  node: number;
  largest: number;
  count: number;
  bytes: number;
}

export class Holders {
  private readonly groups = new Map<number, Group>();
  private readonly wayOf: (node: number) => number;
  private readonly placeOf: (node: number) => Location | null;

  constructor(
    private readonly heap: Heap,
    textOf: TextOf,
  ) {
    this.wayOf = createWays(heap.graph, heap.paths);
    this.placeOf = createProgramPlaces(heap, textOf);
  }

  add(node: number, bytes: number): void {
    const way = this.wayOf(node);
    const group = this.groups.get(way);
    if (group === undefined) this.groups.set(way, { node, largest: bytes, count: 1, bytes });
    else {
      group.count++;
      group.bytes += bytes;
      if (bytes > group.largest) [group.node, group.largest] = [node, bytes];
    }
  }

  /**
   * What is held in ways of at least that many bytes each: what is scattered more widely cannot be fixed. `fewestOfNode`: the
   * same for what Node itself keeps.
   */
  summarize(fewestBytes: number, fewestOfNode: number): { count: number; bytes: number; examples: WasteExample[] } {
    const groups = [...this.groups.values()].filter(
      ({ node, bytes }) => bytes >= fewestBytes && (bytes >= fewestOfNode || !isNodesOwn(this.heap, node)),
    );
    return {
      count: groups.reduce((sum, { count }) => sum + count, 0),
      bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
      examples: groups
        .toSorted((a, b) => b.bytes - a.bytes)
        .slice(0, maxExamples)
        .map((group) => this.exampleOf(group)),
    };
  }

  private exampleOf({ node, count, bytes }: Group): WasteExample {
    const { graph, paths } = this.heap;
    return {
      id: graph.nodeId[node],
      name: displayName(graph, node),
      path: findPath(graph, paths, node),
      location: this.placeOf(node),
      count,
      bytes,
    };
  }
}

/**
 * Of the variables, classes and functions on the way to a node, the place of the nearest that is the program's own code: where a
 * variable is declared, if the text of its script is known.
 */
export const createProgramPlaces = (heap: Heap, textOf: TextOf): ((node: number) => Location | null) => {
  const placeOf = createHolderPlaces(heap, {
    locator: { atPosition: (script, _, line, column) => heap.placeAt(script, line, column), namesIn: () => undefined },
    sourceOf: (_, url) => textOf(url),
  });
  return (node) => placeOf(node) ?? null;
};
