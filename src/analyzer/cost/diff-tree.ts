/**
 * Two profiles in one call tree, for a flame graph of what changed. In: two profiles, and what the second one's values
 * are multiplied by. Out: a Profile whose values are the sum of both, then those before, then those after.
 */
import type { Frame, Profile } from '../model/profile.js';
import { computeFlameTree } from './flame-tree.js';

export const computeDiffTree = (before: Profile, after: Profile, scale: number): Profile => {
  const tree: DiffTree = {
    frames: [{ name: '(root)', location: undefined }],
    nodeFrame: [0],
    nodeParent: [-1],
    byKey: new Map(),
    values: [[0], [0]],
  };
  add(tree, before, 0, 1);
  add(tree, after, 1, scale);
  const [was, is] = tree.values.map((values) => Float64Array.from(values));
  const { unit } = before.values[0];
  return {
    kind: before.kind,
    frames: tree.frames,
    nodeCount: tree.nodeFrame.length,
    nodeFrame: Uint32Array.from(tree.nodeFrame),
    nodeParent: Int32Array.from(tree.nodeParent),
    values: [
      { name: 'both', unit, self: was.map((value, node) => value + is[node]) },
      { name: 'before', unit, self: was },
      { name: 'after', unit, self: is },
    ],
    lines: undefined,
    timeline: undefined,
    durationUs: before.durationUs,
    calls: undefined,
    notes: undefined,
  };
};

/** The Profile while it grows. */
interface DiffTree {
  readonly frames: Frame[];
  readonly nodeFrame: number[];
  readonly nodeParent: number[];
  /** A node by its caller and its function. */
  readonly byKey: Map<string, number>;
  readonly values: readonly [number[], number[]];
}

/** As in computeCostDiff, a function with a name is the same one if it moved to another line. */
const keyOf = ({ name, location }: Frame): string =>
  name === '' ? `${location?.file}\n${location?.line}` : `${location?.file}\n${name}`;

const add = (tree: DiffTree, profile: Profile, side: 0 | 1, scale: number): void => {
  const nodes = computeFlameTree(profile);
  const placed = [0];
  nodes.forEach(({ frame, parent, self }, at) => {
    if (at > 0) placed.push(nodeOf(tree, placed[parent], profile.frames[frame]));
    tree.values[side][placed[at]] += self * scale;
  });
};

const nodeOf = ({ frames, nodeFrame, nodeParent, byKey, values }: DiffTree, parent: number, frame: Frame): number => {
  const key = `${parent}\n${keyOf(frame)}`;
  const known = byKey.get(key);
  if (known !== undefined) return known;
  nodeFrame.push(frames.push(frame) - 1);
  for (const column of values) column.push(0);
  const made = nodeParent.push(parent) - 1;
  byKey.set(key, made);
  return made;
};
