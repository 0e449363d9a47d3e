/**
 * V8 names the variables of a function's and a script's context. Those of a block, a loop, a `catch` and a class are only
 * numbered in the file, although the context's description (its ScopeInfo) lists the names in the same order. In: a graph.
 * Out: such contexts, the edges to their values, and the names.
 */
import { edgeTypes, nodeTypes, type HeapGraph } from './heap-graph.js';

export interface BlockScope {
  readonly context: number;
  /**
   * The edges to its values, in the order of its variables. V8 skips small integers when it numbers the values, so a
   * variable's place among the names is its value's number plus the integers before it.
   */
  readonly edges: readonly number[];
  /** The names of its variables, as indexes of strings; `noName` for those of private methods. */
  readonly names: readonly number[];
}

const [contextEdge, hidden, internal] = (['context', 'hidden', 'internal'] as const).map((name) =>
  edgeTypes.indexOf(name),
);
const text = nodeTypes.indexOf('string');

/** Whether the edge leads from a context to a value whose variable has no name yet. */
export const isUnnamed = (graph: HeapGraph, edge: number): boolean => graph.edgeType[edge] === hidden;

/** The contexts in which a variable has no name yet. */
export function* blockScopes(graph: HeapGraph): Generator<BlockScope> {
  const contextName = graph.strings.indexOf('system / Context');
  const description = graph.strings.indexOf('scope_info');
  if (contextName === -1 || description === -1) return;
  const known = new Map<number, readonly number[]>();
  for (let context = 0; context < graph.nodeCount; context++) {
    if (graph.nodeName[context] !== contextName) continue;
    const described = descriptionOf(graph, context, description);
    if (described === -1) continue;
    const all = edgesOf(graph, context);
    const scope = graph.edgeTarget[described];
    const names = known.get(scope) ?? namesIn(graph, scope);
    known.set(scope, names);
    const edges = all.filter((edge) => isUnnamed(graph, edge) || graph.edgeType[edge] === contextEdge);
    yield { context, edges, names };
  }
}

/** The edge to the description, if a variable has no name; otherwise -1. There may be millions of contexts. */
const descriptionOf = (graph: HeapGraph, context: number, description: number): number => {
  let [described, isOpen] = [-1, false];
  for (let edge = graph.firstEdge[context]; edge < graph.firstEdge[context + 1]; edge++) {
    if (isUnnamed(graph, edge)) isOpen = true;
    else if (graph.edgeType[edge] === internal && graph.edgeName[edge] === description) described = edge;
  }
  return isOpen ? described : -1;
};

export const nameVariable = (graph: HeapGraph, edge: number, name: number): void => {
  if (name === noName) return;
  graph.edgeType[edge] = contextEdge;
  graph.edgeName[edge] = name;
};

const edgesOf = ({ firstEdge }: HeapGraph, node: number): number[] => {
  const edges: number[] = [];
  for (let edge = firstEdge[node]; edge < firstEdge[node + 1]; edge++) edges.push(edge);
  return edges;
};

/** A name that begins with # is that of a private method, or is a hash: earlier versions redacted these names. */
export const noName = -1;

/** What the description of a scope refers to first. */
const namesIn = (graph: HeapGraph, scope: number): number[] => {
  const names: number[] = [];
  for (const edge of edgesOf(graph, scope).filter((one) => isUnnamed(graph, one))) {
    const target = graph.edgeTarget[edge];
    if (graph.nodeType[target] !== text || graph.edgeName[edge] !== names.length) break;
    const name = graph.nodeName[target];
    names.push(graph.strings.get(name).startsWith('#') ? noName : name);
  }
  return names;
};
