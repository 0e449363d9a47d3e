/**
 * The input of the search for dominators, in the order in which the search reads it. In: the numbers of a walk and the
 * retainers of its nodes. Out: blocks of words. Separate from the search because looking up the numbers of 50 million
 * retainers is bound by memory latency: another thread can do it ahead of the search.
 *
 * A block is a sequence of records, from the highest number to the lowest: `w, best, n, v1 … vn`. w is a node's number,
 * best the smallest number below w among its retainers (w if there is none), v1 … vn those above w. A node with one
 * retainer has no record: that retainer is its parent in the walk, and its immediate dominator. A list that does not fit
 * into its block continues in the next one, in another record of the same w.
 */
import { isMarked } from '../model/columns.js';
import { nodeAt, type PackedRetainers } from './packed-retainers.js';
import type { Walk } from './walk.js';

/** The parts of a walk that are needed, and which nodes the program's own roots reach, one bit per node. */
export interface WalkNumbers extends Pick<Walk, 'numberOf' | 'nodeOf' | 'lastOwned' | 'firstOfRings'> {
  readonly userOwned: Uint32Array;
}

/** The number of words in a record before its list. */
export const recordHead = 3;

/**
 * Returns a function that fills a block with the next records and returns the number of words used, 0 when there is nothing
 * more. The retainers may include edges that walk.ts's rule about the globals forbids.
 */
// oxlint-disable-next-line max-lines-per-function -- a format's inner loop: every column in a local, no call
export const createPredecessors = (walk: WalkNumbers, retainers: PackedRetainers): ((block: Uint32Array) => number) => {
  const { numberOf, nodeOf, lastOwned, firstOfRings, userOwned } = walk;
  const { bytes, ends } = retainers;
  const startOf = (node: number): number => (node === 0 ? 0 : ends[2 * node - 2]);
  // the list that did not fit, or the next one: its rest, and the retainer before it, -1 at the start
  let list = firstOfRings - 1; // the nodes of rings are only children of the root
  let rest = startOf(nodeOf[list]);
  let before = -1;
  // oxlint-disable-next-line max-lines-per-function -- a format's inner loop, as above
  return (block) => {
    let w = list;
    let next = rest;
    let retainer = before;
    let at = 0;
    while (w > 0 && at + recordHead < block.length) {
      const node = nodeOf[w];
      const end = ends[2 * node];
      const isOwned = isMarked(userOwned, node);
      const head = at;
      let best = w;
      at += recordHead;
      while (next < end && at < block.length) {
        let value = bytes[next++];
        if (value > 127) {
          value &= 127;
          for (let shift = 7, more = 128; more > 127; shift += 7) {
            more = bytes[next++];
            value |= (more & 127) << shift;
          }
          value >>>= 0;
        }
        if (retainer === -1 && next === end) break; // the only one
        retainer = retainer === -1 ? nodeAt(node, value) : retainer + value;
        const v = numberOf[retainer];
        if (v > lastOwned && isOwned && !isMarked(userOwned, retainer)) continue;
        if (v > w) block[at++] = v;
        else if (v < best) best = v;
      }
      if (best === w && at === head + recordHead) {
        at = head;
      } else {
        block[head] = w;
        block[head + 1] = best;
        block[head + 2] = at - head - recordHead;
      }
      if (next < end) break;
      next = startOf(nodeOf[--w]);
      retainer = -1;
    }
    list = w;
    rest = next;
    before = retainer;
    return at;
  };
};
