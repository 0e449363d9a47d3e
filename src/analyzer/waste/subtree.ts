/** All nodes that a node dominates, itself first. In: a heap. Out: a look-up that is computed once per heap. */
import type { Heap } from '../heap/heap.js';
import type { Claims } from './claims.js';

export interface PreorderPlaces {
  /** Its nodes are those that would be freed with the node. */
  subtree(node: number): Uint32Array;
}

const known = new WeakMap<Heap, PreorderPlaces>();

export const preorderPlaces = (heap: Heap): PreorderPlaces => {
  const before = known.get(heap);
  if (before !== undefined) return before;
  const { preorder, subtreeNodes } = heap.dominators;
  const place = new Uint32Array(preorder.length);
  for (let at = 0; at < preorder.length; at++) place[preorder[at]] = at;
  const places = {
    subtree: (node: number) => preorder.subarray(place[node], place[node] + subtreeNodes[place[node]]),
  };
  known.set(heap, places);
  return places;
};

/** Claims all that would be freed with the node. */
export const takeSubtree = (heap: Heap, claims: Claims, node: number): number => {
  let bytes = 0;
  for (const part of preorderPlaces(heap).subtree(node)) bytes += claims.takeAll(part);
  return bytes;
};
