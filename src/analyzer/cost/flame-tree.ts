/**
 * The call tree of a profile with one node per function under each caller, as a flame graph draws it. In: a profile. Out:
 * nodes, callers before callees, with their self value and their total; idle time is left out.
 */
import type { Frame, Profile } from '../model/profile.js';
import { isIdle, isRoot } from './functions.js';

export interface FlameNode {
  /** -1 for the node that represents the whole profile. */
  readonly frame: number;
  readonly parent: number;
  /** Callees by frame. */
  readonly children: Map<number, number>;
  self: number;
  total: number;
}

/** Node 0 is the whole program. A frame that is not shown is passed over: its own value becomes its caller's. */
export const computeFlameTree = (profile: Profile, isShown: (frame: Frame) => boolean = () => true): FlameNode[] => {
  const nodes: FlameNode[] = [flameNode(-1, -1)];
  const mergedOf = new Int32Array(profile.nodeCount);
  const { self } = profile.values[0];
  for (let node = 0; node < profile.nodeCount; node++) {
    const parent = profile.nodeParent[node];
    const above = parent < 0 ? 0 : mergedOf[parent];
    const frame = profile.frames[profile.nodeFrame[node]];
    const isTop = above === 0 && frame.location === undefined && isRoot(frame.name);
    mergedOf[node] = isTop || !isShown(frame) ? above : childOf(nodes, above, profile.nodeFrame[node]);
    if (frame.location === undefined && isIdle(frame.name)) continue;
    nodes[mergedOf[node]].self += self[node];
    nodes[mergedOf[node]].total += self[node];
  }
  for (let node = nodes.length - 1; node > 0; node--) nodes[nodes[node].parent].total += nodes[node].total;
  return nodes;
};

const flameNode = (frame: number, parent: number): FlameNode => ({
  frame,
  parent,
  children: new Map(),
  self: 0,
  total: 0,
});

const childOf = (nodes: FlameNode[], parent: number, frame: number): number => {
  const known = nodes[parent].children.get(frame);
  if (known !== undefined) return known;
  const made = nodes.push(flameNode(frame, parent)) - 1;
  nodes[parent].children.set(frame, made);
  return made;
};
