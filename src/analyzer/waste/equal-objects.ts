/**
 * Objects and arrays that hold the same values. In: a heap. Out: all but the first of each set of equal ones. Two are
 * equal if they have the same class and fields, and the fields hold the same or equal values. Those that hold numbers
 * are left out, because a snapshot does not show numbers.
 */
import type { HeapGraph } from '../model/heap-graph.js';
import { followInternal } from '../heap/follow.js';
import { capacityOf, edgeKinds, longestText, nodeKinds, objectHeaderBytes, wordBytes } from './layout.js';
import type { Finder } from './kinds.js';

/** Objects in objects are compared to this depth. */
const maxDepth = 4;

export const equalObjects: Finder = {
  kind: 'equal-objects',
  title: 'Equal objects and arrays',
  advice: 'if they do not change after they are created, share one: keep them in a Map by their content',
  find: ({ graph }, claims, add) => {
    const elementsOf = followInternal(graph, 'elements');
    const first = firstEquals(graph);
    for (let node = 0; node < graph.nodeCount; node++) {
      if (first[node] === node || graph.nodeType[node] !== nodeKinds.object) continue;
      const store = elementsOf(node);
      add(node, claims.takeAll(node) + (store === -1 ? 0 : claims.takeAll(store)));
    }
  },
};

/** For each node, the first one that is equal to it: the node itself if there is none. */
const firstEquals = (graph: HeapGraph): Uint32Array => {
  const first = new Uint32Array(graph.nodeCount);
  for (let node = 0; node < first.length; node++) first[node] = node;
  equateStrings(graph, first);
  const candidates = findCandidates(graph);
  for (let depth = 0; depth < maxDepth; depth++) if (!equateObjects(graph, candidates, first)) break;
  return first;
};

const equateStrings = (graph: HeapGraph, first: Uint32Array): void => {
  const byText = new Map<number, number>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeType[node] !== nodeKinds.string) continue;
    const known = byText.get(graph.nodeName[node]);
    if (known !== undefined) first[node] = known;
    else if (graph.strings.get(graph.nodeName[node]).length < longestText) byText.set(graph.nodeName[node], node);
  }
};

/** Objects of which the snapshot shows every field, and arrays of which it shows every element. */
const findCandidates = (graph: HeapGraph): number[] => {
  const candidates: number[] = [];
  const elementsOf = followInternal(graph, 'elements');
  const propertiesOf = followInternal(graph, 'properties');
  const array = graph.strings.indexOf('Array');
  const prototype = graph.strings.indexOf('__proto__');
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeType[node] !== nodeKinds.object || propertiesOf(node) !== -1) continue;
    const store = elementsOf(node);
    let values = 0;
    let isOdd = false;
    let isEmpty = true; // only undefined, null and booleans: state, not data
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
      const type = graph.edgeType[edge];
      if (type === edgeKinds.hidden || graph.nodeType[graph.edgeTarget[edge]] === nodeKinds.number) isOdd = true;
      else if (isValue(graph, edge, prototype)) {
        values++;
        if (graph.nodeType[graph.edgeTarget[edge]] !== nodeKinds.hidden) isEmpty = false;
      }
    }
    const isWhole =
      graph.nodeName[node] === array
        ? store !== -1 && graph.nodeType[store] === nodeKinds.array && capacityOf(graph, store) === values
        : store === -1 && graph.selfBytes[node] === objectHeaderBytes + values * wordBytes;
    if (isWhole && !isOdd && !isEmpty) candidates.push(node);
  }
  return candidates;
};

const isValue = (graph: HeapGraph, edge: number, prototype: number): boolean =>
  graph.edgeType[edge] === edgeKinds.element ||
  (graph.edgeType[edge] === edgeKinds.property && graph.edgeName[edge] !== prototype);

/** Whether this pass found more equal objects than the one before. */
const equateObjects = (graph: HeapGraph, candidates: readonly number[], first: Uint32Array): boolean => {
  const byHash = new Map<number, number[]>();
  let found = false;
  for (const node of candidates) {
    const hash = hashOf(graph, node, first);
    const alike = byHash.get(hash);
    const same = alike?.find((one) => areEqual(graph, one, node, first));
    if (same !== undefined) {
      found ||= first[node] !== same;
      first[node] = same;
    } else if (alike === undefined) byHash.set(hash, [node]);
    else alike.push(node);
  }
  return found;
};

const hashOf = (graph: HeapGraph, node: number, first: Uint32Array): number => {
  let hash = graph.nodeName[node];
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (graph.edgeType[edge] === edgeKinds.internal) continue;
    hash = Math.imul(hash ^ graph.edgeName[edge], 0x01000193);
    hash = Math.imul(hash ^ first[graph.edgeTarget[edge]], 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return hash;
};

const areEqual = (graph: HeapGraph, one: number, other: number, first: Uint32Array): boolean => {
  const count = graph.firstEdge[one + 1] - graph.firstEdge[one];
  if (graph.nodeName[one] !== graph.nodeName[other] || graph.firstEdge[other + 1] - graph.firstEdge[other] !== count)
    return false;
  for (let i = 0; i < count; i++) {
    const [edge, otherEdge] = [graph.firstEdge[one] + i, graph.firstEdge[other] + i];
    if (graph.edgeName[edge] !== graph.edgeName[otherEdge] || graph.edgeType[edge] !== graph.edgeType[otherEdge])
      return false;
    if (first[graph.edgeTarget[edge]] === first[graph.edgeTarget[otherEdge]]) continue;
    if (!isStoreEdge(graph, edge)) return false;
  }
  return true;
};

/** The store of an array repeats what its elements already show. */
const isStoreEdge = (graph: HeapGraph, edge: number): boolean =>
  graph.edgeType[edge] === edgeKinds.internal && graph.nodeType[graph.edgeTarget[edge]] === nodeKinds.array;
