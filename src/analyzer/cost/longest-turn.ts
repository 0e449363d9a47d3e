/**
 * The longest time in which a thread did not come back to its event loop, as far as samples show it. In: a Profile with
 * samples in order of time. Out: how long, and the stack that was seen most in it; undefined if nothing ran.
 */
import type { Profile } from '../model/profile.js';
import { computeStackOf, isState } from './stacks.js';
import type { StackFrame } from '../model/dump.js';

export interface LongestTurn {
  readonly durationUs: number;
  readonly stack: readonly StackFrame[];
}

/** Consecutive callbacks count as two if they are different functions, or if a sample lies between them. */
export const computeLongestTurn = (profile: Profile): LongestTurn | undefined => {
  const { timeline } = profile;
  if (timeline === undefined) return undefined;
  const outermost = computeOutermostNodes(profile);
  let [from, startUs, atUs] = [0, 0, 0];
  let best = { from: 0, to: 0, durationUs: 0 };
  for (let at = 0; at <= timeline.node.length; at++) {
    const before = at === 0 ? -1 : outermost[timeline.node[at - 1]];
    const now = at === timeline.node.length ? -1 : outermost[timeline.node[at]];
    if (now !== before) {
      if (before >= 0 && atUs - startUs > best.durationUs) best = { from, to: at, durationUs: atUs - startUs };
      [from, startUs] = [at, atUs];
    }
    atUs += timeline.durationUs[at] ?? 0;
  }
  if (best.durationUs === 0) return undefined;
  return { durationUs: best.durationUs, stack: computeStackOf(profile, mostFrequent(timeline.node.subarray(best.from, best.to))) }; // prettier-ignore
};

/** For each node, the function that the event loop called; -1 for V8's own states. */
const computeOutermostNodes = (profile: Profile): Int32Array => {
  const outermost = new Int32Array(profile.nodeCount).fill(-1);
  for (let node = 0; node < profile.nodeCount; node++) {
    const parent = profile.nodeParent[node];
    const above = parent < 0 ? -1 : outermost[parent];
    outermost[node] = above >= 0 ? above : isState(profile, node) ? -1 : node;
  }
  return outermost;
};

const mostFrequent = (nodes: Uint32Array): number => {
  const counts = new Map<number, number>();
  for (const node of nodes) counts.set(node, (counts.get(node) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
};
