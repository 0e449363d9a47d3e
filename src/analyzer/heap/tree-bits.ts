/**
 * A tree in two bits per node, instead of a word, while it is not used. In: the parents of nodes that are numbered in preorder.
 * Out: one bit 1 for each node, and before it one bit 0 for each step up from the node before.
 */

/** `parents`: that of node w at 2w. */
export const writeTree = (parents: Uint32Array): Uint32Array => {
  const count = parents.length / 2;
  const bits = new Uint32Array((2 * count + 31) >>> 5);
  let at = 0;
  for (let w = 1; w < count; w++, at++) {
    const parent = parents[2 * w];
    for (let node = w - 1; node !== parent; node = parents[2 * node]) at++;
    bits[at >>> 5] |= 1 << (at & 31);
  }
  return bits;
};

/** Returns a function that is to be called for each node in order, from 1 on. It keeps the path to it at 0, 2, 4 … of `path`. */
export const createTreeReader = (bits: Uint32Array, path: Uint32Array): ((w: number) => number) => {
  let at = 0;
  let depth = 0;
  path[0] = 0;
  return (w) => {
    for (; ((bits[at >>> 5] >>> (at & 31)) & 1) === 0; at++) depth -= 2;
    at++;
    const parent = path[depth];
    depth += 2;
    path[depth] = w;
    return parent;
  };
};
