/**
 * The way in which a node is held, as a number that is the same for nodes held by the same fields and variables. In: a graph
 * and its paths. Out: the number of a node. All elements of an array, all entries of a Map and all keys of an object that
 * serves as one count as the same step, and the links between objects of one class, such as `left` and `right` of a tree's
 * nodes, as none.
 */
import { edgeTypes, nodeName, nodeTypes, type HeapGraph } from '../model/heap-graph.js';
import type { Paths } from '../model/heap-results.js';

/**
 * Ways are the same if this many of their last steps are: otherwise all links of a list or nodes of a tree would
 * differ.
 */
const comparedSteps = 6;
/** How far up they are looked for: the balanced trees that a heap has room for are less deep. */
const mostSteps = 64;
/** An object with more properties than this is a dictionary: its keys are data, not names. Those of functions are names. */
const maxNames = 64;
const element = edgeTypes.indexOf('element');
const property = edgeTypes.indexOf('property');
const internal = edgeTypes.indexOf('internal');
const closure = nodeTypes.indexOf('closure');
const object = nodeTypes.indexOf('object');

export const createWays = (graph: HeapGraph, paths: Paths): ((node: number) => number) => {
  const wordOf = wordOfEdge(graph);
  const isKey = (from: number, edge: number): boolean =>
    graph.edgeType[edge] === property &&
    graph.nodeType[graph.edgeTarget[edge]] !== closure &&
    graph.firstEdge[from + 1] - graph.firstEdge[from] > maxNames &&
    nodeName(graph, from) === 'Object';
  const unnamed = new Set(['Object', 'Array'].map((name) => graph.strings.indexOf(name)));
  const isLink = (from: number, at: number): boolean =>
    graph.nodeType[at] === object &&
    graph.nodeType[from] === object &&
    graph.nodeName[at] === graph.nodeName[from] &&
    !unnamed.has(graph.nodeName[at]);
  return (node) => {
    let hash = 0;
    let at = node;
    for (let step = 0, compared = 0; step < mostSteps && compared < comparedSteps && at !== 0; step++) {
      const edge = paths.edge[at];
      if (edge >= graph.edgeCount) break;
      const from = paths.from[at];
      if (isLink(from, at)) {
        if (step === 0) hash = 1; // a link is held by another, not as the first is
        at = from;
        continue;
      }
      compared++;
      const isData = graph.edgeType[edge] === element || wordOf(edge) !== -1 || isKey(from, edge);
      hash = (Math.imul(hash, 31) + (isData ? 0 : graph.edgeName[edge] + 1)) | 0;
      at = from;
    }
    return hash;
  };
};

/** Returns which word of a store an edge stands for; -1 for edges that do not stand for a word. */
export const wordOfEdge = (graph: HeapGraph): ((edge: number) => number) => {
  const known = new Map<number, number>();
  return (edge) => {
    if (graph.edgeType[edge] !== internal) return -1;
    const name = graph.edgeName[edge];
    let word = known.get(name);
    if (word === undefined) {
      const text = graph.strings.get(name);
      known.set(name, (word = /^\d+$/.test(text) ? Number(text) : -1));
    }
    return word;
  };
};
