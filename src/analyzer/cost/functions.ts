/** The cost of each function: its self value, and its total with callees. In: a Profile. Out: columns by frame. */
import type { Frame, Profile } from '../model/profile.js';

export interface FunctionCosts {
  /** For each frame: its own value. */
  readonly self: Float64Array;
  /** For each frame: the value of everything below it, counted once if the function calls itself. */
  readonly total: Float64Array;
}

/** Uses one of the profile's value columns, by default the first. */
export const computeFunctions = (profile: Profile, values: Float64Array = profile.values[0].self): FunctionCosts => {
  const { nodeCount, nodeFrame } = profile;
  const self = new Float64Array(profile.frames.length);
  const total = new Float64Array(profile.frames.length);
  const inclusive = computeInclusive(profile, values);
  const outermost = computeOutermost(profile);
  for (let node = 0; node < nodeCount; node++) {
    self[nodeFrame[node]] += values[node];
    if (outermost[node] === 1) total[nodeFrame[node]] += inclusive[node];
  }
  return { self, total };
};

/**
 * For each node: its self value and that of everything below it. Callers have smaller numbers, so one backward pass is
 * enough.
 */
export const computeInclusive = (profile: Profile, values: Float64Array): Float64Array => {
  const inclusive = Float64Array.from(values);
  for (let node = profile.nodeCount - 1; node >= 0; node--) {
    const parent = profile.nodeParent[node];
    if (parent >= 0) inclusive[parent] += inclusive[node];
  }
  return inclusive;
};

/** For each node, 1 if no caller of it is the same function: the activations whose total counts. */
export const computeOutermost = (profile: Profile): Uint8Array => {
  const { nodeCount, nodeFrame } = profile;
  const { firstChild, nextSibling, roots } = linkChildren(profile);
  const outermost = new Uint8Array(nodeCount);
  const active = new Uint32Array(profile.frames.length);
  const stack = roots.toReversed();
  while (stack.length > 0) {
    const node = stack.pop() ?? 0;
    if (node < 0) {
      active[nodeFrame[~node]]--;
      continue;
    }
    outermost[node] = active[nodeFrame[node]]++ === 0 ? 1 : 0;
    stack.push(~node);
    for (let child = firstChild[node]; child >= 0; child = nextSibling[child]) stack.push(child);
  }
  return outermost;
};

/** For each node, its first child and its next sibling; -1 if there is none. */
export const linkChildren = (
  profile: Profile,
): { firstChild: Int32Array; nextSibling: Int32Array; roots: number[] } => {
  const firstChild = new Int32Array(profile.nodeCount).fill(-1);
  const nextSibling = new Int32Array(profile.nodeCount).fill(-1);
  const roots: number[] = [];
  for (let node = profile.nodeCount - 1; node >= 0; node--) {
    const parent = profile.nodeParent[node];
    if (parent < 0) roots.push(node);
    else {
      nextSibling[node] = firstChild[parent];
      firstChild[parent] = node;
    }
  }
  return { firstChild, nextSibling, roots: roots.toReversed() };
};

/** V8's own states, which are not functions of the program. */
export const isIdle = (name: string): boolean => name === '(idle)';
export const isRoot = (name: string): boolean => name === '(root)';

/** What a table of functions lists: not the roots of threads, whose totals hold idle time, nor V8's root and idle time. */
export const isListed = ({ name, location, isThread }: Frame): boolean =>
  isThread !== true && (location !== undefined || (!isIdle(name) && !isRoot(name)));
