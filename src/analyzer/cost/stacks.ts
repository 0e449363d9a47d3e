/**
 * The most frequent stack of a thread in a short profile. In: a Profile with its samples in order of time. Out: the stack,
 * innermost frame first, and how many of the samples had it.
 */
import type { StackFrame } from '../model/dump.js';
import type { Profile } from '../model/profile.js';

export interface CommonStack {
  readonly stack: readonly StackFrame[];
  readonly samples: number;
  readonly samplesTaken: number;
  /** The samples in which the event loop waited for events. */
  readonly idleSamples: number;
  /** V8 had inlined a function there, or could have: the innermost line may belong to that function. */
  readonly mayBeInlined: boolean;
}

/** V8's own states, which are not functions. */
const stateName = /^\((?:root|program|idle|garbage collector)\)$/;

export const computeCommonStack = (profile: Profile): CommonStack => {
  const all = [...(profile.timeline?.node ?? [])];
  // at first the thread still runs code that was compiled before the profile began, with functions inlined
  const later = all.slice(Math.floor(all.length / 2));
  const nodes = later.some((node) => !isState(profile, node)) ? later : all;
  const counts = new Map<number, number>();
  for (const node of nodes) if (!isState(profile, node)) counts.set(node, (counts.get(node) ?? 0) + 1);
  const [node, samples] = [...counts].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  const idleSamples = nodes.filter((one) => nameOf(profile, one) === '(idle)').length;
  if (node === undefined || samples === undefined)
    return { stack: [], samples: 0, samplesTaken: nodes.length, idleSamples, mayBeInlined: false };
  const { line, inlined } = hottestLine(profile, node);
  const stack = computeStackOf(profile, node).map((frame, at) => (at === 0 && line > 0 ? { ...frame, line } : frame));
  const mayBeInlined = inlined || profile.notes?.precise !== true;
  return { stack, samples, samplesTaken: nodes.length, idleSamples, mayBeInlined };
};

export const nameOf = ({ frames, nodeFrame }: Profile, node: number): string =>
  frames[nodeFrame[node] ?? 0]?.name ?? '';
export const isState = (profile: Profile, node: number): boolean => stateName.test(nameOf(profile, node));

/** Innermost frame first. */
export const computeStackOf = (profile: Profile, leaf: number): StackFrame[] => {
  const stack: StackFrame[] = [];
  for (let node = leaf; node >= 0; node = profile.nodeParent[node] ?? -1) {
    const frame = profile.frames[profile.nodeFrame[node] ?? 0];
    if (frame === undefined || isState(profile, node)) continue;
    stack.push({ function: frame.name, file: frame.location?.file ?? '', line: frame.location?.line ?? 0 });
  }
  return stack;
};

/** The line on which most samples of the node fell; 0 if the profile has no lines. */
const hottestLine = ({ lines }: Profile, node: number): { line: number; inlined: boolean } => {
  if (lines === undefined) return { line: 0, inlined: false };
  let best = -1;
  for (let at = 0; at < lines.node.length; at++) {
    if (lines.node[at] === node && (best === -1 || (lines.self[at] ?? 0) > (lines.self[best] ?? 0))) best = at;
  }
  if (best === -1) return { line: 0, inlined: false };
  const inlined = lines.inlined[best] === 1;
  return { line: inlined ? 0 : (lines.locations[lines.location[best] ?? 0]?.line ?? 0), inlined };
};
