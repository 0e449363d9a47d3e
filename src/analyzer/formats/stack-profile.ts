/**
 * Builds a profile from stacks with weights, which is what most formats contain. In: stacks, outermost frame first. Out: a
 * Profile without timeline, lines or notes.
 */
import type { Location } from '../model/location.js';
import type { Profile, ProfileUnit } from '../model/profile.js';
import { createCallTree, createFrameTable } from '../model/profile-builder.js';

export interface StackColumn {
  readonly name: string;
  readonly unit: ProfileUnit;
}

export interface StackProfile {
  /** The number of a frame for `addStack`. */
  frame(name: string, location?: Location): number;
  /** One weight for each column; returns the stack's node, or -1 for a stack without frames. */
  addStack(frames: readonly number[], weights: readonly number[]): number;
  finish(more?: { durationUs?: number; warnings?: readonly string[] }): Profile;
}

export const createStackProfile = (
  kind: Profile['kind'],
  [firstColumn, ...otherColumns]: readonly [StackColumn, ...StackColumn[]],
): StackProfile => {
  const table = createFrameTable();
  const tree = createCallTree();
  const self = [firstColumn, ...otherColumns].map((): number[] => []);
  const column = ({ name, unit }: StackColumn, index: number) => ({
    name,
    unit,
    self: Float64Array.from(tree.nodeFrame, (_, node) => self[index][node] ?? 0),
  });
  return {
    frame: table.add,
    addStack(frames, weights) {
      let node = -1;
      for (const frame of frames) node = tree.child(node, frame);
      if (node >= 0) weights.forEach((weight, index) => (self[index][node] = (self[index][node] ?? 0) + weight));
      return node;
    },
    finish: ({ durationUs = 0, warnings = [] } = {}) => ({
      kind,
      frames: table.frames,
      nodeCount: tree.nodeFrame.length,
      nodeFrame: Uint32Array.from(tree.nodeFrame),
      nodeParent: Int32Array.from(tree.nodeParent),
      values: [column(firstColumn, 0), ...otherColumns.map((one, index) => column(one, index + 1))],
      lines: undefined,
      timeline: undefined,
      durationUs,
      calls: undefined,
      notes: undefined,
      ...(warnings.length > 0 ? { warnings } : {}),
    }),
  };
};

/** Each time unit that files use, in microseconds. */
export const timeUnits: Readonly<Record<string, number>> = {
  nanoseconds: 1e-3,
  microseconds: 1,
  milliseconds: 1e3,
  seconds: 1e6,
};

export const kindOfUnit = (unit: ProfileUnit): Profile['kind'] =>
  unit === 'microseconds' ? 'cpu' : unit === 'bytes' ? 'allocations' : 'other';
