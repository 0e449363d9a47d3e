/**
 * V8 names the variables of a function's and a script's context. Those of a block, a loop, a `catch` and a class are only
 * numbered in the file, although the context's description (its ScopeInfo) lists the names in the same order. In: a graph
 * that has just been read. It gives these edges the type and the name that V8 gives the variables of a function.
 */
import { edgeTypes, nodeTypes, type HeapGraph } from '../../model/heap-graph.js';

const [contextEdge, hidden, internal] = (['context', 'hidden', 'internal'] as const).map((name) =>
  edgeTypes.indexOf(name),
);
const [text, closure] = (['string', 'closure'] as const).map((name) => nodeTypes.indexOf(name));

export const nameVariablesOfBlocks = (graph: HeapGraph): void => {
  const context = graph.strings.indexOf('system / Context');
  const description = graph.strings.indexOf('scope_info');
  if (context === -1 || description === -1) return;
  const known = new Map<number, readonly number[]>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.nodeName[node] !== context) continue;
    const variables = edgesOf(graph, node, hidden);
    const described = edgesOf(graph, node, internal).find((edge) => graph.edgeName[edge] === description);
    if (variables.length === 0 || described === undefined) continue;
    const scope = graph.edgeTarget[described];
    const names = known.get(scope) ?? namesIn(graph, scope);
    known.set(scope, names);
    nameEdges(graph, variables, names);
  }
};

const edgesOf = ({ firstEdge, edgeType }: HeapGraph, node: number, type: number): number[] => {
  const edges: number[] = [];
  for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) if (edgeType[edge] === type) edges.push(edge);
  return edges;
};

/** The names of a scope's variables, as indexes of strings: what the description refers to first. */
const namesIn = (graph: HeapGraph, scope: number): number[] => {
  const names: number[] = [];
  for (const edge of edgesOf(graph, scope, hidden)) {
    const target = graph.edgeTarget[edge];
    if (graph.nodeType[target] !== text || graph.edgeName[edge] !== names.length) break;
    names.push(graph.nodeName[target]);
  }
  return names;
};

/**
 * V8 skips small integers when it numbers the values, so the place of a value's variable is its number plus the integers
 * before it. A function in a variable of its own name shows how many those are. Only where all this leaves no choice is an
 * edge named. A name that begins with # is that of a private method, or was hidden when the snapshot was redacted.
 */
const nameEdges = (graph: HeapGraph, edges: readonly number[], names: readonly number[]): void => {
  const numbers = edges.map((edge) => graph.edgeName[edge]);
  const most = names.length - 1 - Math.max(...numbers);
  const before = edges.map((edge, i) => skippedBefore(graph, edge, names.slice(numbers[i], numbers[i] + most + 1)));
  for (const [i, edge] of edges.entries()) {
    const least = Math.max(0, ...before.slice(0, i + 1));
    const highest = Math.min(most, ...before.slice(i).filter((skipped) => skipped !== -1));
    const name = names[numbers[i] + least];
    if (least !== highest || graph.strings.get(name).startsWith('#')) continue;
    graph.edgeType[edge] = contextEdge;
    graph.edgeName[edge] = name;
  }
};

/** How many integers come before a function in a variable of its own name; -1 for other values. */
const skippedBefore = (graph: HeapGraph, edge: number, names: readonly number[]): number => {
  const value = graph.edgeTarget[edge];
  return graph.nodeType[value] === closure ? names.indexOf(graph.nodeName[value]) : -1;
};
