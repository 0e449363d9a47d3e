/** The callers and callees of a function, with the cost of each call path. In: a Profile, a frame. Out: edges. */
import type { Profile } from '../model/profile.js';
import { computeInclusive, computeOutermost } from './functions.js';

export interface CallEdge {
  /** The caller or the callee, as an index into the profile's frames; -1 if the function was called by nothing. */
  readonly frame: number;
  /**
   * The cost of the function (for callers) or of the callee (for callees) when called this way: `self` its own, `total`
   * with its callees.
   */
  readonly self: number;
  readonly total: number;
}

/** For each caller of the function: the function's cost when called from there. */
export const computeCallers = (profile: Profile, frame: number): CallEdge[] =>
  collect(profile, (node) =>
    profile.nodeFrame[node] === frame ? (profile.nodeParent[node] < 0 ? -1 : frameOfParent(profile, node)) : undefined,
  );

/** For each callee of the function: the callee's cost when called from here. */
export const computeCallees = (profile: Profile, frame: number): CallEdge[] =>
  collect(profile, (node) =>
    profile.nodeParent[node] >= 0 && frameOfParent(profile, node) === frame ? profile.nodeFrame[node] : undefined,
  );

const frameOfParent = (profile: Profile, node: number): number => profile.nodeFrame[profile.nodeParent[node]];

/** Totals count only outermost activations, so that recursion is not counted twice. */
const collect = (profile: Profile, edgeOf: (node: number) => number | undefined): CallEdge[] => {
  const values = profile.values[0].self;
  const inclusive = computeInclusive(profile, values);
  const outermost = computeOutermost(profile);
  const edges = new Map<number, { frame: number; self: number; total: number }>();
  for (let node = 0; node < profile.nodeCount; node++) {
    const frame = edgeOf(node);
    if (frame === undefined) continue;
    const edge = edges.get(frame) ?? { frame, self: 0, total: 0 };
    edge.self += values[node];
    if (outermost[node] === 1) edge.total += inclusive[node];
    edges.set(frame, edge);
  }
  return [...edges.values()].sort((a, b) => b.total - a.total || b.self - a.self);
};
