/** The value of an object's property. In: a node, the property's name. Out: the value's node, -1 if there is none. */
import { edgeName, edgeTypes, type HeapGraph } from '../../model/heap-graph.js';

const property = edgeTypes.indexOf('property');

export const propertyOf = (graph: HeapGraph, node: number, name: string): number => {
  for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
    if (graph.edgeType[edge] === property && edgeName(graph, edge) === name) return graph.edgeTarget[edge];
  }
  return -1;
};
