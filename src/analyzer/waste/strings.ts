/** Strings that take more room than their text: in, a heap; out, equal ones, slices that keep a long text, and ropes. */
import type { Heap } from '../heap/heap.js';
import type { Claims } from './claims.js';
import { takeSubtree } from './subtree.js';
import { followInternal } from '../heap/follow.js';
import { nodesByKey, headerBytes, longestText, nodeKinds, wordBytes } from './layout.js';
import type { Finder, Take } from './kinds.js';

/** Every further string of the same text and size. */
export const equalStrings: Finder = {
  kind: 'equal-strings',
  title: 'Equal strings',
  advice: 'keep one copy: look up the text in a Map of texts when it is read, or store a small key instead',
  find: ({ graph }, claims, add) => {
    const first = new Map<number, number>(); // from text and size to the first string that has both
    for (let node = 0; node < graph.nodeCount; node++) {
      const bytes = graph.selfBytes[node];
      if (graph.nodeType[node] !== nodeKinds.string || bytes === 0 || bytes >= 2 ** 20) continue;
      const key = graph.nodeName[node] * 2 ** 20 + bytes;
      const known = first.get(key);
      if (known === undefined) first.set(key, node);
      else add(node, claims.takeAll(node), isCut(graph.strings.get(graph.nodeName[node])) ? cutNote : undefined);
    }
  },
};
const isCut = (text: string): boolean => text.length >= longestText;
export const cutNote = `V8 cuts strings in snapshots at ${longestText} characters: for longer ones only the beginning and the size are known to be equal`;

/**
 * A short slice of a long text keeps the whole text alive. A text counts as long if it has this many bytes per slice.
 */
const longParentBytes = 1024;

export const slices: Finder = {
  kind: 'slices',
  title: 'Slices that keep a long text',
  advice:
    'copy the part that is kept: Buffer.from(part).toString() or structuredClone(part) makes an independent string',
  find: ({ graph, retainers }, claims, add) => {
    const parentOf = followInternal(graph, 'parent');
    const slicesOf = nodesByKey(graph, (node) => (graph.nodeType[node] === nodeKinds.slice ? parentOf(node) : -1));
    for (const [parent, parts] of slicesOf) {
      if (graph.selfBytes[parent] < longParentBytes * parts.length) continue;
      const holders = retainers.node.subarray(retainers.first[parent], retainers.first[parent + 1]);
      if (holders.every((holder) => graph.nodeType[holder] === nodeKinds.slice))
        add(parts[0], claims.takeAll(parent), sliceNote);
    }
  },
};
const sliceNote = 'a snapshot does not say how long a slice is: a slice of nearly all of its text saves nothing';

/** Strings that were built piece by piece, and take at least twice the room of their text. */
export const ropes: Finder = {
  kind: 'ropes',
  title: 'Strings in many pieces',
  advice: 'collect the pieces in an array and join it once; the joined string has no pieces',
  find: (heap, claims, add) => {
    const { graph } = heap;
    const isPart = new Uint8Array(graph.nodeCount);
    const forEachPart = (node: number, visit: (part: number) => void): void => {
      for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++) {
        const target = graph.edgeTarget[edge];
        const type = graph.nodeType[target];
        if (type === nodeKinds.rope || type === nodeKinds.string || type === nodeKinds.slice) visit(target);
      }
    };
    const ropeNodes: number[] = [];
    for (let node = 0; node < graph.nodeCount; node++) {
      if (graph.nodeType[node] !== nodeKinds.rope) continue;
      ropeNodes.push(node);
      forEachPart(node, (part) => (isPart[part] = 1));
    }
    for (const node of ropeNodes) if (isPart[node] === 0) measureRope(heap, node, forEachPart, (saved) => takeRope(heap, node, saved, claims, add)); // prettier-ignore
  },
};

const takeRope = (heap: Heap, rope: number, saved: number, claims: Claims, add: Take): void => {
  const taken = takeSubtree(heap, claims, rope);
  if (taken > 0) add(rope, Math.min(saved, taken));
};

/**
 * No more pieces than this are followed: strings of more are rare, and shared pieces would be visited again and
 * again.
 */
const maxPieces = 10_000_000;

const measureRope = (
  { graph, dominators }: Heap,
  rope: number,
  forEachPart: (node: number, visit: (part: number) => void) => void,
  found: (savedBytes: number) => void,
): void => {
  let letters = 0;
  let letterBytes = 1;
  const open = [rope];
  for (let seen = 0; open.length > 0; seen++) {
    const node = open.pop() ?? rope;
    if (graph.nodeType[node] === nodeKinds.slice || seen > maxPieces) return; // its length is not known
    if (graph.nodeType[node] === nodeKinds.rope) forEachPart(node, (part) => open.push(part));
    else {
      const text = graph.strings.get(graph.nodeName[node]);
      if (/[^\0-\xff]/.test(text)) letterBytes = 2;
      letters += isCut(text) ? (graph.selfBytes[node] - headerBytes) / letterBytes : text.length;
    }
  }
  const flatBytes = Math.ceil((headerBytes + letters * letterBytes) / wordBytes) * wordBytes;
  const heldBytes = dominators.retainedBytes[rope];
  if (heldBytes >= 2 * flatBytes) found(heldBytes - flatBytes);
};
