/**
 * Whether two nodes with one id can be one object. V8 knows an object by its address between two snapshots, so one that is
 * made where another has died takes over its id. In: a node. Out: its mark, a byte that says what it is; with another mark
 * it is another object. (With the same mark it mostly is the same: two strangers share one in 254.)
 */
import { nodeName, nodeTypes, type HeapGraph, type NodeTypeName } from '../model/heap-graph.js';

const numbersOf = (...names: NodeTypeName[]): Set<number> => new Set(names.map((name) => nodeTypes.indexOf(name)));
/** A string may be turned inside out: that it is one is all that it keeps. */
const strings = numbersOf('string', 'concatenated string', 'sliced string');
const nameless = numbersOf('number');
/** A backing store has no class, and is made anew when its size changes. */
const stores = numbersOf('array');

const markCount = 254;

/** Answers what gives a node its mark, 1 to 255: what an object keeps for its life is its type, and its class. */
export const createMarks = (graph: HeapGraph): ((node: number) => number) => {
  const { nodeType, nodeName: nameOf, selfBytes } = graph;
  const hashOfName = new Int32Array(graph.strings.count); // 0: not computed yet
  return (node) => {
    const type = nodeType[node];
    if (strings.has(type)) return 1;
    const name = nameOf[node];
    const kept = stores.has(type)
      ? selfBytes[node]
      : nameless.has(type)
        ? 0
        : (hashOfName[name] ||= hashText(nodeName(graph, node)));
    return ((Math.imul(kept ^ (type << 24), 0x9e3779b1) >>> 8) % markCount) + 2;
  };
};

const hashText = (text: string): number => {
  let hash = 1;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
};
