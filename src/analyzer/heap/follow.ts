/** Follows edges by name, fast: the name is looked up once. In: a graph and a name. Out: what a node's edge leads to. */
import { edgeTypes, type HeapGraph } from '../model/heap-graph.js';

/** Returns what a node's edge of this kind and name leads to; -1 if it has none, and for -1. */
const follow = (graph: HeapGraph, kind: number, name: string): ((node: number) => number) => {
  const index = graph.strings.indexOf(name);
  return (node) => {
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (graph.edgeType[edge] === kind && graph.edgeName[edge] === index) return graph.edgeTarget[edge];
    return -1;
  };
};
export const followInternal = (graph: HeapGraph, name: string): ((node: number) => number) =>
  follow(graph, edgeTypes.indexOf('internal'), name);
export const followProperty = (graph: HeapGraph, name: string): ((node: number) => number) =>
  follow(graph, edgeTypes.indexOf('property'), name);
