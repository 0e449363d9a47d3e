/** The self cost of each line. In: a Profile whose file has lines. Out: one entry per line, most expensive first. */
import type { Profile } from '../model/profile.js';
import { columnsOfFrames } from './shared-lines.js';

export interface LineCost {
  readonly file: string;
  /** 1-based; if `inlined`, the line at which the function starts. */
  readonly line: number;
  /** Where the function begins, if others begin on the same line: V8 samples lines, not columns. */
  readonly column: number | undefined;
  /** The function in which it ran; an index into the profile's frames. */
  readonly frame: number;
  /** In the unit of the profile's first value column. */
  readonly self: number;
  /** Ticks of functions that V8 had inlined into this one; the profile does not show whose lines they are. */
  readonly inlined: boolean;
  /** The line calls something that V8 may have inlined there, whose time V8 then counts for this line. */
  readonly mayBeInlined: boolean;
}

/** Empty if the profile has no lines. */
export const computeLines = (profile: Profile): LineCost[] => {
  const { lines, nodeFrame, frames } = profile;
  if (lines === undefined) return [];
  const columns = columnsOfFrames(frames);
  const columnOf = (frame: number, line: number): number | undefined =>
    frames[frame].location?.line === line ? columns[frame] : undefined;
  const costs = new Map<string, { frame: number; location: number; self: number; kind: number }>();
  for (let i = 0; i < lines.self.length; i++) {
    const frame = nodeFrame[lines.node[i]];
    const place = lines.locations[lines.location[i]];
    const key =
      lines.inlined[i] === 1
        ? `inlined ${frame}`
        : `${place.file}\n${place.line}\n${columnOf(frame, place.line) ?? ''}`;
    const cost = costs.get(key);
    if (cost !== undefined) cost.self += lines.self[i];
    else costs.set(key, { frame, location: lines.location[i], self: lines.self[i], kind: lines.inlined[i] });
  }
  return [...costs.values()]
    .map(({ frame, location, self, kind }) => {
      const { file, line } = lines.locations[location];
      return { file, line, column: columnOf(frame, line), frame, self, inlined: kind === 1, mayBeInlined: kind === 2 };
    })
    .sort((a, b) => b.self - a.self);
};
