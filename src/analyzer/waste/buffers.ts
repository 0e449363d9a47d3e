/** Buffers that take more room than their bytes. In: a heap. Out: many tiny ones, and the last ones in Node's pools. */
import type { HeapGraph } from '../model/heap-graph.js';
import { followInternal } from '../heap/follow.js';
import { fewestRows, nodesByKey, nodeKinds } from './layout.js';
import type { Finder } from './kinds.js';

/** A Buffer of so few bytes is smaller than the two objects that stand for it. */
const tinyBytes = 64;
const fewestTiny = 100;

export const tinyBuffers: Finder = {
  kind: 'tiny-buffers',
  title: 'Many tiny Buffers',
  advice:
    'keep them in one Buffer with the position of each, or as strings or numbers: each Buffer takes about 180 bytes more than its content',
  find: ({ graph }, claims, add) => {
    const bytesOf = createStoreBytes(graph);
    const tiny = [...viewsOf(graph)].filter(([buffer, views]) => views.length === 1 && bytesOf(buffer) <= tinyBytes);
    if (tiny.length < fewestTiny) return;
    for (const [buffer, views] of tiny)
      for (const view of views) add(view, claims.takeAll(view) + claims.takeAll(buffer));
  },
};

/** Node cuts Buffers of up to half its size from an ArrayBuffer that it has marked, and that has this size or more. */
const poolBytes = 8192;
/** Fewer Buffers than one for so many bytes are few. */
const bytesOfOne = 2048;

export const poolsOfFew: Finder = {
  kind: 'buffer-pools',
  title: 'Small Buffers that keep a whole pool',
  advice:
    'copy what is kept for long: Buffer.from(new Uint8Array(part).buffer) has its own memory; Buffer.from(text) cuts from a pool of 8 KB',
  find: ({ graph }, claims, add) => {
    const bytesOf = createStoreBytes(graph);
    const storeOf = followInternal(graph, 'backing_store');
    const isOfFew = ([buffer, views]: [number, number[]]): boolean =>
      bytesOf(buffer) >= poolBytes && views.length <= bytesOf(buffer) / bytesOfOne && isMarked(graph, buffer);
    const pools = [...viewsOf(graph)].filter(isOfFew);
    if (pools.length < fewestRows) return; // Node itself keeps one or two
    for (const [buffer, [view = buffer]] of pools) add(view, claims.takeAll(storeOf(buffer)), poolNote);
  },
};
const poolNote =
  'a snapshot does not say how long a Buffer is: what the Buffers themselves use of their pools is not saved';

/** For each ArrayBuffer, its typed arrays and Buffers. */
const viewsOf = (graph: HeapGraph): Map<number, number[]> => {
  const bufferOf = followInternal(graph, 'buffer');
  return nodesByKey(graph, (node) => (graph.nodeType[node] === nodeKinds.object ? bufferOf(node) : -1));
};

/** Returns the bytes outside the heap of an ArrayBuffer; 0 if its bytes are in the heap. */
const createStoreBytes = (graph: HeapGraph): ((buffer: number) => number) => {
  const storeOf = followInternal(graph, 'backing_store');
  return (buffer) => (storeOf(buffer) === -1 ? 0 : graph.selfBytes[storeOf(buffer)]);
};

/** Node marks its pools as not to be transferred, by a property that has no name. */
const isMarked = (graph: HeapGraph, buffer: number): boolean => {
  for (let edge = graph.firstEdge[buffer]; edge < graph.firstEdge[buffer + 1]; edge++)
    if (graph.strings.get(graph.nodeName[graph.edgeTarget[edge]]) === 'system / PropertyArray') return true;
  return false;
};
