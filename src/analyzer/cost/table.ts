/** The rows of a cProfile-like table for a Profile, with filter and order. In: a Profile. Out: a CostTable. */
import { MemwatchError } from '../../errors.js';
import type { CostTable, FunctionRow } from '../model/cost.js';
import type { Profile } from '../model/profile.js';
import { computeFunctions, isIdle, isListed } from './functions.js';
import { computeLines } from './lines.js';
import { columnsOfFrames } from './shared-lines.js';

/** Functions by self value, most expensive first; V8's `(idle)` and `(root)` are no rows, nor are threads. */
export const computeCostTable = (profile: Profile): CostTable => {
  const { frames, values } = profile;
  const { rows, whole, idle } = functionRows(profile);
  const samples = values.find(({ name }) => name === 'samples')?.self.reduce((sum, one) => sum + one, 0);
  const lines = computeLines(profile).map(({ file, line, column, frame, self, inlined, mayBeInlined }) => ({
    file,
    line,
    column,
    function: frames[frame].name,
    self,
    inlined,
    mayBeInlined,
  }));
  const functions = rows.filter(
    (row) => row.total !== 0 || row.self !== 0 || row.calls !== null || (row.live ?? 0) > 0,
  );
  return {
    unit: values[0].unit,
    functions: sortRows(functions, 'self'),
    lines,
    whole,
    idle,
    samples: samples ?? null,
    durationUs: profile.durationUs,
    wholeProgram: profile.notes?.wholeProgram === true,
  };
};

/** A row for each frame that is listed, and the sums of self values: of `(idle)`, and of all others. */
const functionRows = (profile: Profile): { rows: FunctionRow[]; whole: number; idle: number } => {
  const { frames, values, calls } = profile;
  const { self, total } = computeFunctions(profile);
  const liveColumn = values.slice(1).find(({ name }) => name === 'live');
  const live = liveColumn === undefined ? undefined : computeFunctions(profile, liveColumn.self).self;
  const mayBeInlined = findInlining(profile, self);
  const columns = columnsOfFrames(frames);
  const rows: FunctionRow[] = [];
  let idle = 0;
  let whole = 0;
  frames.forEach((one, frame) => {
    const { name, location } = one;
    if (location === undefined && isIdle(name)) idle += self[frame];
    else whole += self[frame];
    if (!isListed(one)) return;
    const counted = calls?.[frame] ?? NaN;
    rows.push({
      name,
      file: location?.file ?? null,
      line: location?.line || null, // 0 if another tool's file does not say
      column: columns[frame],
      calls: Number.isNaN(counted) ? null : counted,
      self: self[frame],
      total: total[frame],
      live: live?.[frame] ?? null,
      mayBeInlined: mayBeInlined(frame),
    });
  });
  return { rows, whole, idle };
};

/** A function is marked where less than this of its own time is certain to be its own. */
const certainShare = 0.9;

/** Whether some of a frame's own value may be that of functions which V8 inlined into it. */
export const findInlining = (profile: Profile, self: Float64Array): ((frame: number) => boolean) => {
  const certain = computeCertain(profile);
  return (frame) =>
    profile.frames[frame].location !== undefined &&
    certain !== undefined &&
    certain[frame] < certainShare * self[frame];
};

/** For each frame: its own value on lines that are its own and call nothing; undefined where all is certain, or no line is known. */
const computeCertain = ({ lines, nodeFrame, frames, notes }: Profile): Float64Array | undefined => {
  if (lines === undefined || notes?.precise === true) return undefined;
  const certain = new Float64Array(frames.length);
  lines.self.forEach((self, i) => {
    if (lines.inlined[i] === 0) certain[nodeFrame[lines.node[i]]] += self;
  });
  return certain;
};

export const sortKeys = ['self', 'total', 'calls', 'percall', 'live', 'name', 'file'] as const;
export type SortKey = (typeof sortKeys)[number];

export const sortRows = (rows: readonly FunctionRow[], key: SortKey): FunctionRow[] => {
  const text = (row: FunctionRow): string => (key === 'name' ? row.name : `${row.file}:${row.line}`);
  if (key === 'name' || key === 'file') return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1));
  const value = (row: FunctionRow): number => {
    if (key === 'percall') return row.calls === null ? 0 : row.self / row.calls;
    return row[key] ?? 0;
  };
  return [...rows].sort((a, b) => value(b) - value(a) || b.total - a.total);
};

/** Rows whose name or place contains the text; `/…/` is a regular expression. Throws `bad-argument`. */
export const filterRows = <Row extends { name: string; file: string | null; line: number | null }>(
  rows: readonly Row[],
  filter: string,
): Row[] => {
  const matches = matcherOf(filter);
  return rows.filter(({ name, file, line }) => matches(`${name} ${file ?? ''}:${line ?? ''}`));
};

const matcherOf = (filter: string): ((text: string) => boolean) => {
  const expression = /^\/(.+)\/$/.exec(filter)?.[1];
  if (expression === undefined) return (text) => text.toLowerCase().includes(filter.toLowerCase());
  try {
    const regexp = new RegExp(expression, 'i');
    return (text) => regexp.test(text);
  } catch (cause) {
    throw new MemwatchError('bad-argument', `not a regular expression: ${filter}`, { cause });
  }
};

/** The frame that a user selects by `name`, `file:line` or `file:name`; of several, the one with the largest total. */
export const findFrame = (profile: Profile, wanted: string): number => {
  const { total } = computeFunctions(profile);
  let best = -1;
  profile.frames.forEach(({ name, location }, frame) => {
    const file = location?.file ?? '';
    const names = [name, `${file}:${location?.line}`, `${file}:${name}`];
    const matches = names.some(
      (one) => one === wanted || (one.endsWith(wanted) && /[/\\]$/.test(one.slice(0, -wanted.length))),
    );
    if (matches && (best < 0 || total[frame] > total[best])) best = frame;
  });
  if (best >= 0) return best;
  throw new MemwatchError('not-found', `the profile has no function ${wanted}`, {
    hint: 'write it as in the table: name, file:line or file:name',
  });
};
