/**
 * The longest time in which a thread did not come back to its event loop, as far as samples show it. In: a Profile with
 * samples in order of time, and the turn that went on when the profile before it ended. Out: how long, and the stack that was
 * seen most in it; undefined if nothing ran.
 */
import type { Profile } from '../model/profile.js';
import { computeStackOf, isState, nameOf } from './stacks.js';
import type { StackFrame } from '../model/dump.js';

export interface LongestTurn {
  readonly durationUs: number;
  readonly stack: readonly StackFrame[];
}

/** A turn that had not ended when its profile did. */
export interface OpenTurn extends LongestTurn {
  /** The function that the event loop called. */
  readonly outermost: StackFrame | undefined;
  /** How many samples had its stack. */
  readonly samples: number;
}

export interface Turns {
  readonly longest: LongestTurn | undefined;
  readonly open: OpenTurn | undefined;
}

/** Consecutive callbacks count as two if they are different functions, or if a sample lies between them, except of garbage collection. */
export const computeTurns = (profile: Profile, before?: OpenTurn): Turns => {
  const stretches = computeStretches(profile);
  const [first, last] = [stretches[0], stretches.at(-1)];
  const end = profile.timeline?.node.length ?? 0;
  const beginning = first?.from === 0 ? joined(before, turnOf(profile, first)) : undefined;
  const longest = stretches.reduce<Stretch | undefined>((best, one) => (one.durationUs > (best?.durationUs ?? 0) ? one : best), undefined); // prettier-ignore
  const inside = longest === undefined || longest === first ? undefined : turnOf(profile, longest);
  const starting = beginning ?? (first === undefined ? undefined : turnOf(profile, first));
  const open = last?.to !== end ? undefined : last === first ? starting : turnOf(profile, last);
  // one that went on may have ended before the first sample
  return { longest: longer(longer(starting, inside), before), open };
};

const longer = <T extends LongestTurn>(a: T | undefined, b: T | undefined): T | undefined =>
  a === undefined || (b !== undefined && b.durationUs > a.durationUs) ? b : a;

/** Samples of one turn: `to` is the first one after it. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly durationUs: number;
}

const computeStretches = (profile: Profile): Stretch[] => {
  const { timeline } = profile;
  if (timeline === undefined) return [];
  const outermost = computeOutermostNodes(profile);
  const stretches: Stretch[] = [];
  let [before, from, startUs, atUs] = [-1, 0, 0, 0];
  for (let at = 0; at <= timeline.node.length; at++) {
    const node = timeline.node[at];
    const isGc = at > 0 && at < timeline.node.length && nameOf(profile, node) === '(garbage collector)';
    const now = isGc ? before : at === timeline.node.length ? -1 : outermost[node];
    if (now !== before) {
      if (before >= 0) stretches.push({ from, to: at, durationUs: atUs - startUs });
      [before, from, startUs] = [now, at, atUs];
    }
    atUs += timeline.durationUs[at] ?? 0;
  }
  return stretches;
};

const turnOf = (profile: Profile, { from, to, durationUs }: Stretch): OpenTurn => {
  const counts = new Map<number, number>();
  for (const node of profile.timeline?.node.subarray(from, to) ?? []) counts.set(node, (counts.get(node) ?? 0) + 1);
  const [node = 0, samples = 0] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  const stack = computeStackOf(profile, node);
  return { durationUs, stack, outermost: stack.at(-1), samples };
};

/** The same turn, if the event loop called the same function. */
const joined = (before: OpenTurn | undefined, turn: OpenTurn): OpenTurn => {
  const [a, b] = [before?.outermost, turn.outermost];
  if (before === undefined || a?.function !== b?.function || a?.file !== b?.file || a?.line !== b?.line) return turn;
  const { stack, samples } = before.samples > turn.samples ? before : turn;
  return { ...turn, stack, samples, durationUs: before.durationUs + turn.durationUs };
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
