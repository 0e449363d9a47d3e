/**
 * Short strings that keep long ones: V8 makes a slice of a string without copying its text, so the slice keeps the whole
 * string that it was cut from. In: a region, the last graph. Out: how many slices it holds, and how much they keep.
 */
import { sumOf } from '../../model/figures.js';
import { groupBy } from '../../model/group-by.js';
import { retains } from '../../heap/edges.js';
import { edgeName, type HeapGraph } from '../../model/heap-graph.js';
import type { RetainingEdges } from '../../model/heap-results.js';
import { types } from './growth-classes.js';
import type { Region } from './regions.js';
import type { Transients } from './transients.js';

export interface Slices {
  /** Those that came after the first snapshot and were still there at the last. */
  readonly count: number;
  /** One of them, in the last graph. */
  readonly example: number;
  /** Bytes of an average string that only slices keep. */
  readonly keptBytes: number;
}

/** Slices are the cause if the strings that only they keep are at least this share of what the region gained. */
const minShare = 0.5;
/** A string counts as long if it has this many bytes per slice; V8 does not show how long a slice is. */
const longBytes = 256;

/** Undefined if slices are not what the region's bytes are for. */
export const findSlices = ({ members, bytes }: Region, { graph, edges, holder }: Transients): Slices | undefined => {
  const isMember = new Set(members);
  const heldSlices: number[] = [];
  for (let node = 0; node < graph.nodeCount; node++)
    if (graph.nodeType[node] === types.slicedString && isMember.has(holder[node])) heldSlices.push(node);
  const slicesOf = groupBy(heldSlices, (slice) => parentOf(graph, slice));
  for (const parent of slicesOf.keys()) if (!isMember.has(holder[parent])) slicesOf.delete(parent);
  dropHeldOtherwise(slicesOf, graph, edges);
  const long = [...slicesOf].filter(([parent, slices]) => graph.selfBytes[parent] > longBytes * slices.length);
  const keptBytes = sumOf(long.map(([parent]) => graph.selfBytes[parent]));
  if (long.length === 0 || keptBytes < minShare * (bytes[bytes.length - 1] - bytes[0])) return undefined;
  const slices = long.flatMap(([, ofParent]) => ofParent);
  return { count: slices.length, example: slices[0], keptBytes: Math.round(keptBytes / long.length) };
};

const parentOf = (graph: HeapGraph, slice: number): number => {
  for (let edge = graph.firstEdge[slice]; edge < graph.firstEdge[slice + 1]; edge++)
    if (edgeName(graph, edge) === 'parent') return graph.edgeTarget[edge];
  return -1;
};

/** A string that something else holds too is not kept by its slices alone. */
const dropHeldOtherwise = (slicesOf: Map<number, number[]>, graph: HeapGraph, edges: RetainingEdges): void => {
  for (let node = 0; node < graph.nodeCount && slicesOf.size > 0; node++) {
    if (graph.nodeType[node] === types.slicedString) continue;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (slicesOf.has(graph.edgeTarget[edge]) && retains(edges, edge)) slicesOf.delete(graph.edgeTarget[edge]);
  }
};
