/** Merges the profiles of several threads of one target: each thread's tree gets a root of its own. */
import type { LineValues, Profile, ValueColumn } from './profile.js';
import { createFrameTable, createLocationTable, type FrameTable, type LocationTable } from './profile-builder.js';

export interface NamedProfile {
  readonly name: string;
  readonly profile: Profile;
}

/** A function that runs in two threads is one frame. Timelines are left out, because those of threads overlap. */
export const mergeProfiles = (threads: readonly NamedProfile[]): Profile => {
  const [first] = threads;
  if (first === undefined || threads.length === 1) return first.profile;
  const merged = startMerge(first.profile);
  for (const thread of threads) addThread(merged, thread);
  const { table, nodeFrame, nodeParent, calls } = merged;
  return {
    kind: first.profile.kind,
    frames: table.frames,
    nodeCount: nodeFrame.length,
    nodeFrame: Uint32Array.from(nodeFrame),
    nodeParent: Int32Array.from(nodeParent),
    values: valuesOf(first.profile, merged),
    lines: linesOf(merged),
    timeline: undefined,
    durationUs: Math.max(...threads.map(({ profile }) => profile.durationUs)),
    calls: calls.length === 0 ? undefined : Float64Array.from(table.frames, (_, frame) => calls[frame] ?? NaN),
    notes: undefined,
    warnings: threads.flatMap(({ profile }) => profile.warnings ?? []),
  };
};

/** The columns of a Profile while they are being filled. */
interface Merge {
  readonly table: FrameTable;
  readonly places: LocationTable;
  readonly nodeFrame: number[];
  readonly nodeParent: number[];
  /** One for each value column. */
  readonly columns: readonly number[][];
  readonly lines: {
    readonly node: number;
    readonly location: number;
    readonly self: number;
    readonly inlined: number;
  }[];
  /** By frame; a hole in the array if calls were not counted. */
  readonly calls: number[];
}

const startMerge = ({ values }: Profile): Merge => ({
  table: createFrameTable(),
  places: createLocationTable(),
  nodeFrame: [],
  nodeParent: [],
  columns: values.map(() => []),
  lines: [],
  calls: [],
});

const addThread = (merged: Merge, { name, profile }: NamedProfile): void => {
  const { table, places, nodeFrame, nodeParent, columns, calls } = merged;
  const root = nodeFrame.push(table.frames.push({ name, location: undefined, isThread: true }) - 1) - 1;
  nodeParent.push(-1);
  for (const column of columns) column.push(0);
  const frames = profile.frames.map((frame) => table.add(frame.name, frame.location));
  for (let node = 0; node < profile.nodeCount; node++) {
    nodeFrame.push(frames[profile.nodeFrame[node]]);
    nodeParent.push(profile.nodeParent[node] < 0 ? root : profile.nodeParent[node] + root + 1);
    columns.forEach((column, v) => column.push(profile.values[v]?.self[node] ?? 0));
  }
  profile.calls?.forEach((count, frame) => {
    if (!Number.isNaN(count)) calls[frames[frame]] = (calls[frames[frame]] ?? 0) + count;
  });
  const { lines } = profile;
  lines?.self.forEach((self, i) => {
    const location = places.add(lines.locations[lines.location[i]]);
    merged.lines.push({ node: lines.node[i] + root + 1, location, self, inlined: lines.inlined[i] });
  });
};

const valuesOf = ({ values }: Profile, { columns }: Merge): Profile['values'] => {
  const [first, ...others] = values.map(({ name, unit }, v): ValueColumn => ({
    name,
    unit,
    self: Float64Array.from(columns[v]),
  }));
  return [first, ...others];
};

const linesOf = ({ lines, places }: Merge): LineValues => ({
  node: Uint32Array.from(lines, ({ node }) => node),
  location: Uint32Array.from(lines, ({ location }) => location),
  self: Float64Array.from(lines, ({ self }) => self),
  inlined: Uint8Array.from(lines, ({ inlined }) => inlined),
  locations: places.locations,
});
