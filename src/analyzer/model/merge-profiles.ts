/** One profile out of several threads' of the same target: each thread's tree under a root of its own. */
import type { LineValues, Profile, ValueColumn } from './profile.js';
import { createFrameTable, createLocationTable } from './profile-builder.js';

export interface NamedProfile {
  readonly name: string;
  readonly profile: Profile;
}

/** The same function in two threads is one frame. Timelines are left out: they run beside one another. */
export const mergeProfiles = (threads: readonly NamedProfile[]): Profile => {
  const [first] = threads;
  if (first === undefined || threads.length === 1) return first.profile;
  const table = createFrameTable();
  const places = createLocationTable();
  const nodeFrame: number[] = [];
  const nodeParent: number[] = [];
  const columns = first.profile.values.map((): number[] => []);
  const lines: { node: number; location: number; self: number; inlined: number }[] = [];
  const calls: number[] = [];
  for (const { name, profile } of threads) {
    const root = nodeFrame.push(table.add(name, undefined)) - 1;
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
    profile.lines?.self.forEach((self, i) => {
      const { node, location, inlined, locations } = profile.lines as LineValues;
      const place = places.add(locations[location[i]]);
      lines.push({ node: node[i] + root + 1, location: place, self, inlined: inlined[i] });
    });
  }
  const [time, ...others] = first.profile.values.map(({ name, unit }, v): ValueColumn => ({
    name,
    unit,
    self: Float64Array.from(columns[v]),
  }));
  return {
    kind: first.profile.kind,
    frames: table.frames,
    nodeCount: nodeFrame.length,
    nodeFrame: Uint32Array.from(nodeFrame),
    nodeParent: Int32Array.from(nodeParent),
    values: [time, ...others],
    lines: {
      node: Uint32Array.from(lines, (line) => line.node),
      location: Uint32Array.from(lines, (line) => line.location),
      self: Float64Array.from(lines, (line) => line.self),
      inlined: Uint8Array.from(lines, (line) => line.inlined),
      locations: places.locations,
    },
    timeline: undefined,
    durationUs: Math.max(...threads.map(({ profile }) => profile.durationUs)),
    calls: calls.length === 0 ? undefined : Float64Array.from(table.frames, (_, frame) => calls[frame] ?? NaN),
    notes: undefined,
    warnings: threads.flatMap(({ profile }) => profile.warnings ?? []),
  };
};
