/**
 * In: a graph that has just been read. It gives the variables of blocks their names, where the snapshot alone leaves no
 * choice, and the type of edge that V8 gives the variables of functions.
 */
import { blockScopes, isUnnamed, nameVariable, type BlockScope } from '../../model/block-scopes.js';
import { nodeTypes, type HeapGraph } from '../../model/heap-graph.js';

const closure = nodeTypes.indexOf('closure');

export const nameVariablesOfBlocks = (graph: HeapGraph): void => {
  for (const scope of blockScopes(graph)) nameEdges(graph, scope);
};

/** A function in a variable of its own name shows how many integers come before it; that number never decreases. */
const nameEdges = (graph: HeapGraph, { edges, names }: BlockScope): void => {
  if (edges.length === names.length && edges.every((edge, i) => isUnnamed(graph, edge) && graph.edgeName[edge] === i)) {
    for (const [i, edge] of edges.entries()) nameVariable(graph, edge, names[i]);
    return;
  }
  const numbers = edges.map((edge) => graph.edgeName[edge]);
  const most = names.length - 1 - Math.max(...numbers);
  const before = edges.map((edge, i) => integersBefore(graph, edge, names.slice(numbers[i], numbers[i] + most + 1)));
  for (const [i, edge] of edges.entries()) {
    const least = Math.max(0, ...before.slice(0, i + 1));
    const highest = Math.min(most, ...before.slice(i).filter((count) => count !== -1));
    if (least === highest) nameVariable(graph, edge, names[numbers[i] + least]);
  }
};

/** How many integers come before a function in a variable of its own name; -1 for other values. */
const integersBefore = (graph: HeapGraph, edge: number, names: readonly number[]): number => {
  const value = graph.edgeTarget[edge];
  return graph.nodeType[value] === closure ? names.indexOf(graph.nodeName[value]) : -1;
};
