/**
 * Whether two nodes with the same id can be the same object. Between two snapshots V8 identifies an object by its address,
 * so an object that is made where another died takes over its id. In: a node. Out: its mark, a byte that describes what it
 * is; with another mark it is another object. (With the same mark it mostly is the same: two unrelated objects have equal
 * marks in one case of 254.)
 */
import { nodeName, nodeTypes, type HeapGraph, type NodeTypeName } from '../model/heap-graph.js';

const numbersOf = (...names: NodeTypeName[]): Set<number> => new Set(names.map((name) => nodeTypes.indexOf(name)));
/** A string may change its representation; the only thing it keeps is that it is a string. */
const strings = numbersOf('string', 'concatenated string', 'sliced string');
const nameless = numbersOf('number');
/** A store has no class, and is replaced when its size changes. */
const stores = numbersOf('array');
/**
 * The bytes of a WebAssembly memory, or of a buffer that can be resized, grow where they are, at one address: with another
 * size they count as replaced, too.
 */
const bufferData = 'system / JSArrayBufferData';

const markCount = 254;

/** Returns a function from a node to its mark, 1 to 255, made from what an object keeps for life: its type, and its class. */
export const createMarks = (graph: HeapGraph): ((node: number) => number) => {
  const { nodeType, nodeName: nameOf, selfBytes } = graph;
  const hashOfName = new Int32Array(graph.strings.count); // 0: not yet computed
  const hashOf = (name: number, node: number): number => (hashOfName[name] ||= hashText(nodeName(graph, node)));
  return (node) => {
    const type = nodeType[node];
    if (strings.has(type)) return 1;
    const kept = stores.has(type) ? selfBytes[node] : nameless.has(type) ? 0 : hashOf(nameOf[node], node);
    const size = kept === hashOfBufferData ? selfBytes[node] : 0;
    return ((Math.imul(kept ^ size ^ (type << 24), 0x9e3779b1) >>> 8) % markCount) + 2;
  };
};

const hashText = (text: string): number => {
  let hash = 1;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
};

const hashOfBufferData = hashText(bufferData);
