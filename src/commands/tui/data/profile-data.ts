/**
 * A profile with what the CPU and Lines tabs show of it. In: a profile. Out: pages and details. Runs in the data thread.
 */
import { computeCallees, computeCallers, type CallEdge } from '../../../analyzer/cost/callers.js';
import { computeFunctions, isIdle, isListed } from '../../../analyzer/cost/functions.js';
import { computeLines } from '../../../analyzer/cost/lines.js';
import { findInlining } from '../../../analyzer/cost/table.js';
import { columnsOfFrames } from '../../../analyzer/cost/shared-lines.js';
import type { Location } from '../../../analyzer/model/location.js';
import type { Profile } from '../../../analyzer/model/profile.js';
import type { LineCost } from '../../../tui/state/detail.js';
import type { FunctionRow, LineRow, ListOrder, ListQuery, ListWindow, Page } from '../../../tui/state/lists.js';
import { createFlameGraph, type FlameGraph } from './flame-data.js';
import { rowPage } from './row-list.js';

export type ProfileQuery = Extract<ListQuery, { list: 'functions' | 'callers' | 'callees' | 'hotLines' }>;

export interface ProfileData {
  readonly file: string;
  readonly profile: Profile;
  /** What 100 % is: all time except that in which the thread was idle. */
  readonly whole: number;
  readonly functions: readonly FunctionRow[];
  readonly lines: readonly LineRow[];
  /** By frame. */
  readonly places: readonly (Location | undefined)[];
  readonly hottest: ReadonlyMap<number, Location>;
  readonly flame: FlameGraph;
  /** Not with --precise, and unknown for files of programs that are not V8. */
  readonly inlining: boolean;
}

export const createProfileData = (file: string, profile: Profile): ProfileData => {
  const { self, total } = computeFunctions(profile);
  const liveColumn = profile.values.slice(1).find(({ name }) => name === 'live');
  const live = liveColumn === undefined ? undefined : computeFunctions(profile, liveColumn.self).self;
  const { unit } = profile.values[0];
  const hottest = hottestLines(profile);
  const places = placesOf(profile);
  const mayBeInlined = findInlining(profile, self);
  const functions: FunctionRow[] = [];
  let whole = 0;
  for (const [frame, one] of profile.frames.entries()) {
    const { name, location } = one;
    if (!(location === undefined && isIdle(name))) whole += self[frame];
    if (!isListed(one) || total[frame] === 0) continue;
    functions.push({
      kind: 'function',
      frame,
      name,
      place: places[frame],
      hottest: hottest.get(frame),
      self: self[frame],
      total: total[frame],
      live: live?.[frame],
      unit,
      mayBeInlined: mayBeInlined(frame),
    });
  }
  const flame = createFlameGraph(profile, hottest);
  const { notes } = profile;
  const inlining = notes === undefined ? profile.lines !== undefined : !notes.precise;
  return { file, profile, whole, functions, lines: linesOf(profile), places, hottest, flame, inlining };
};

/** Where each frame begins; with a column only if other functions begin on the line. */
const placesOf = ({ frames }: Profile): (Location | undefined)[] => {
  const columns = columnsOfFrames(frames);
  return frames.map(({ location }, frame) => location && { ...location, column: columns[frame] ?? 0 });
};

/** The line of each frame with the most self time; functions that were inlined into it are not counted. */
const hottestLines = (profile: Profile): Map<number, Location> => {
  const hottest = new Map<number, { place: Location; self: number }>();
  for (const { file, line, frame, self, inlined } of computeLines(profile)) {
    if (inlined || self <= (hottest.get(frame)?.self ?? 0)) continue;
    if (profile.frames[frame].location?.file === file) hottest.set(frame, { place: { file, line, column: 0 }, self });
  }
  return new Map([...hottest].map(([frame, { place }]) => [frame, place]));
};

const linesOf = (profile: Profile): LineRow[] =>
  computeLines(profile).map(({ file, line, column = 0, frame, self, inlined, mayBeInlined }) => ({
    kind: 'line',
    place: { file, line, column },
    functionName: profile.frames[frame].name + (inlined ? ' (inlined callees)' : ''),
    self,
    unit: profile.values[0].unit,
    mayBeInlined: inlined || mayBeInlined,
  }));

export const profilePage = (data: ProfileData, query: ProfileQuery, order: ListOrder, window: ListWindow): Page => ({
  ...rowPage(rowsOf(data, query), order, window, data.whole),
  inlining: data.inlining,
});

const rowsOf = (data: ProfileData, query: ProfileQuery): readonly (FunctionRow | LineRow)[] => {
  switch (query.list) {
    case 'functions':
      return data.functions;
    case 'hotLines':
      return data.lines;
    case 'callers':
      return edgeRows(data, computeCallers(data.profile, query.frame));
    case 'callees':
      return edgeRows(data, computeCallees(data.profile, query.frame));
  }
};

const edgeRows = ({ profile, places, hottest }: ProfileData, edges: readonly CallEdge[]): FunctionRow[] =>
  edges.flatMap(({ frame, self, total }): FunctionRow[] => {
    if (frame < 0) return [];
    const { name } = profile.frames[frame];
    const row = { kind: 'function', frame, name, place: places[frame], hottest: hottest.get(frame) } as const;
    return [{ ...row, self, total, live: undefined, unit: profile.values[0].unit, mayBeInlined: false }];
  });

/**
 * What the lines of one file cost in this profile. Allocations are known only by function, so they are shown at its
 * first line.
 */
export const lineCosts = ({ lines, functions, profile }: ProfileData, file: string): LineCost[] => {
  if (profile.values[0].unit !== 'bytes') {
    return lines
      .filter(({ place }) => place.file === file)
      .map(({ place, self, mayBeInlined }) => ({ line: place.line, selfUs: self, mayBeInlined }));
  }
  return functions.flatMap(({ place, self }) =>
    place?.file === file && self > 0 ? [{ line: place.line, bytes: self }] : [],
  );
};
