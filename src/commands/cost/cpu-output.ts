/** What `cpu` prints: the profile's head, the tables, or the document `memwatch/cpu@1`. */
import type { ProgramEnd } from '../../agent/attach/launch.js';
import { mergeProfiles, type NamedProfile } from '../../analyzer/model/merge-profiles.js';
import { computeCostTable } from '../../analyzer/cost/table.js';
import type { CostTable, LineRow } from '../../analyzer/model/cost.js';
import type { CpuDocument } from '../../analyzer/model/documents.js';
import type { Profile } from '../../analyzer/model/profile.js';
import type { LoopReading } from '../../analyzer/model/reading.js';
import type { CallEdgeRow } from '../../report/cost.js';
import { renderGc, renderLoop } from '../../report/gc-and-loop.js';
import { packageOf, showName } from '../../report/place.js';
import { escapeText, formatCount, formatDuration, formatShare } from '../../report/units.js';
import { treesDocument } from './cost-trees.js';
import { typesOf } from '../profile-type.js';
import { choose, renderChoice, renderEnd, renderOtherValues, type Choice } from './cost-output.js';
import type { Arguments, Io } from '../io.js';

export interface CpuResult {
  readonly threads: readonly NamedProfile[];
  /** Paths of the profiles. */
  readonly files: readonly string[];
  /** True if this run wrote them, false if it read them. */
  readonly saved: boolean;
  readonly pid: number | null;
  /** How a program that memwatch started ended. */
  readonly ended: ProgramEnd | null;
}

export const printCpu = (result: CpuResult, args: Arguments, io: Io): void => {
  const merged = mergeProfiles(result.threads);
  const choice = choose(merged, args);
  io.print(documentOf(result, choice), () =>
    [
      ...result.threads.flatMap(renderThread),
      '',
      ...renderChoice(
        choice,
        result.threads.map(({ profile }) => profile),
        args,
        io,
        'own time',
      ),
      ...renderNotes(result, choice),
    ].join('\n'),
  );
};

const renderThread = ({ name, profile }: NamedProfile): string[] => {
  const { whole, idle, samples, durationUs } = computeCostTable(profile);
  const { sinceUs } = profile.notes ?? {};
  const since = sinceUs === undefined ? '' : `, started ${formatDuration(sinceUs)} after the profile`;
  const length = durationUs > 0 ? formatDuration(durationUs) : `${formatDuration(whole + idle)} sampled`; // as the file says
  const count = samples === null ? '' : `, ${formatCount(samples)} samples`;
  const head = `${escapeText(name)}: ${length}${since}${count}${renderShares({ whole, idle, durationUs })}`;
  if (profile.notes === undefined) return [head, ...renderOtherValues(profile)];
  return [head, `  ${renderLoop(loopOf(profile))}`, `  ${renderGc(profile.notes.gc, durationUs)}`];
};

/** What the time consists of. V8 takes no samples while it starts and ends a profile; memwatch's own are left out. */
const renderShares = ({ whole, idle, durationUs }: Pick<CostTable, 'whole' | 'idle' | 'durationUs'>): string => {
  const sampled = whole + idle;
  if (sampled === 0) return '';
  const without = durationUs - sampled;
  if (without < 0.05 * durationUs)
    return `, ${formatShare(whole / sampled)} of the time at work: ${formatDuration(whole)}`;
  const rest = `, idle ${formatDuration(idle)}, neither ${formatDuration(without)} (the profile starts and ends, memwatch asks)`;
  return `: at work ${formatDuration(whole)} (${formatShare(whole / sampled)} of what was sampled)${rest}`;
};

const renderNotes = ({ threads, files, saved, ended }: CpuResult, { table }: Choice): string[] => {
  const notes = [`% busy is of the ${formatDuration(table.whole)} at work`];
  const calls = threads.map(({ profile }) => profile.notes?.calls).find((one) => one !== undefined);
  if (calls?.scale === null) {
    notes.push(
      `calls were counted for ${formatDuration(calls.durationUs)} after the profile and cannot be compared with its times`,
    );
  } else if (calls !== undefined && calls.scale !== 1)
    notes.push(`calls were counted after the profile, and scaled to it by ${calls.scaledBy}`);
  const inlinedUs = table.lines.reduce((sum, line) => sum + (line.inlined ? line.self : 0), 0);
  if (inlinedUs > 0.02 * table.whole) {
    notes.push(
      `${formatShare(inlinedUs / table.whole)} was sampled on lines of functions that V8 had inlined elsewhere: --precise separates them`,
    );
  }
  if (table.functions.some(({ mayBeInlined }) => mayBeInlined))
    notes.push('~ some of its own time may belong to functions that V8 inlined into it: use --precise to find out');
  notes.push(...renderSuspect(threads, table), ...renderEnd(ended));
  if (saved) notes.push(...files.map((file) => `saved ${file}`));
  return ['', ...notes];
};

/** V8 attributes code that was inlined before the profile began to the line of the call; an implausible cost is the only sign. */
const renderSuspect = (threads: CpuResult['threads'], { functions, whole }: CostTable): string[] => {
  const precise = threads.some(({ profile }) => profile.notes?.precise === true);
  const suspect = functions.find(({ file, self }) => file?.startsWith('node:') === true && self > 0.2 * whole);
  if (precise || suspect === undefined) return [];
  const share = formatShare(suspect.self / whole);
  return [
    `${escapeText(suspect.name)} (${share}) is Node's own code: its time may belong to a function that V8 inlined there; use --precise to find out`,
  ];
};

const documentOf = (
  result: CpuResult,
  { table, functions, lines, callers, callees, trees }: Choice,
): CpuDocument & Record<string, unknown> => ({
  schema: 'memwatch/cpu@1',
  pid: result.pid,
  nodeVersion: result.threads[0]?.profile.notes?.scripts.nodeVersion,
  durationUs: table.durationUs,
  wholeProgram: result.threads.every(({ profile }) => profile.notes?.wholeProgram === true),
  types: [...new Set(result.threads.flatMap(({ profile }) => typesOf(profile)))],
  samples: table.samples,
  busyUs: table.whole,
  idleUs: table.idle,
  precise: result.threads.some(({ profile }) => profile.notes?.precise === true),
  threads: result.threads.map(threadDocument),
  functions: functions.map(({ name, file, line, column, calls, self, total, mayBeInlined }) => ({
    name: showName(name),
    file,
    line,
    column,
    calls: perCallIsKnown(result) ? calls : null,
    selfUs: self,
    totalUs: total,
    package: packageOf(file),
    mayBeInlined,
    ...(perCallIsKnown(result) ? {} : { callsCounted: calls }),
  })),
  lines: lines.map(lineDocument),
  ...(callers === undefined ? {} : { callers: callers.map(edgeDocument) }),
  ...(callees === undefined ? {} : { callees: callees.map(edgeDocument) }),
  ...treesDocument(trees),
  files: result.files,
  exitCode: result.ended?.code ?? null,
  exitSignal: result.ended?.signal ?? null,
});

const lineDocument = ({ self, ...line }: LineRow): CpuDocument['lines'][number] => ({
  ...line,
  function: showName(line.function),
  selfUs: self,
});

/** Counts without a common unit of work are shown separately from the times. */
const perCallIsKnown = ({ threads }: CpuResult): boolean =>
  threads.every(({ profile }) => profile.notes?.calls === undefined || profile.notes.calls.scale !== null);

const edgeDocument = ({ name, file, line, self, total }: CallEdgeRow): object => ({
  name: showName(name),
  file,
  line,
  selfUs: self,
  totalUs: total,
});

/**
 * The event loop's delays, with the busy share taken from the profile's own samples: the profiler's signals interrupt the
 * loop's wait a thousand times a second, and libuv does not count an interrupted wait as idle, so a sleeping process
 * would look busy.
 */
const loopOf = (profile: Profile): LoopReading | null => {
  const loop = profile.notes?.loop ?? null;
  const { whole, idle } = computeCostTable(profile);
  return loop === null || whole + idle === 0 ? loop : { ...loop, utilization: whole / (whole + idle) };
};

const threadDocument = ({ name, profile }: NamedProfile): object => {
  const { whole, idle, samples, durationUs } = computeCostTable(profile);
  const { gc = null, calls, sinceUs = 0 } = profile.notes ?? {};
  const loop = loopOf(profile);
  const counting =
    calls === undefined ? null : { durationUs: calls.durationUs, scale: calls.scale, scaledBy: calls.scaledBy };
  return { name, sinceUs, durationUs, samples, busyUs: whole, idleUs: idle, gc, loop, calls: counting };
};
