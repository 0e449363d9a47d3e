/**
 * Finds leaks in a running target: warm-up rounds; then a watch until something rises or everything is known precisely
 * enough; heap snapshots if something grows; one verdict for all of it. The target is left as it was. In: an
 * attachment. Out: a LeakReport.
 */
import type { Attachment } from '../agent/attach/attach.js';
import { openProcessReadings } from '../agent/capture/process-readings.js';
import { captureScripts } from '../agent/capture/scripts.js';
import { reportOfCensus } from '../analyzer/growth/light.js';
import { risesEvenly } from '../analyzer/growth/readings/gate.js';
import { arrayBuffers, isWorkerHeap, withHeapSeen } from '../analyzer/growth/readings/bounds.js';
import { heapMemory } from '../analyzer/growth/readings/counters.js';
import { coverageOf } from '../analyzer/growth/watch-report.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { MemwatchError } from '../errors.js';
import type { Progress } from '../progress.js';
import { estimateSnapshot } from '../captures/estimate.js';
import { openCensus } from '../captures/open-census.js';
import { followKeptMemory, type KeptMemory } from '../captures/resident.js';
import { countsInWarmUp, gateRoundsFor, suspectedRoundsFor, comparedRounds } from './duration.js';
import { evidenceFor } from './evidence.js';
import { withMemoryGrowth } from './memory-growth.js';
import { requireTurningLoop } from './turning-loop.js';
import { adviseGrowthSites, withGrowthSites } from './growth-sites.js';
import {
  findOutsideHeap,
  reportOfCut,
  reportOfUnseen,
  reportOfWatch,
  risingText,
  withStepsSince,
  withWatch,
} from './live-report.js';
import type { Round } from './rounds.js';
import { searchHeap } from './search.js';
import type { HeapSeen, Outcome, SearchOptions } from './search-captures.js';
import { withOpeningCode } from './opening-code.js';
import { packageOf } from './snapshot-files.js';
import { uncounted, withoutCounts } from './uncounted.js';
import { withWorkers } from './workers.js';
import { cutOf, watchTarget, type BeforeSearch, type Watched, type WatchOptions } from './watch.js';
import type { Looking } from './watch-notes.js';

export interface LiveOptions extends Omit<SearchOptions, 'untilMs' | 'rounds' | 'suspectedRounds'> {
  /** Unless it is set, memwatch decides. */
  readonly rounds: number | undefined;
  readonly warmUpRounds: number;
  readonly light: boolean;
  /** How long the target is watched at most, before the search and after it. */
  readonly maxMs: number;
  /** Follows what the captures of this thread leave with the target's allocator. */
  readonly kept: KeptMemory;
  /** Only evidence that never stops the target for longer than this. */
  readonly maxPauseMs?: number | undefined;
}

type TimedOptions = Omit<LiveOptions, 'rounds'> & SearchOptions;

export const findLiveLeaks = async (
  attachment: Attachment,
  round: Round,
  options: LiveOptions,
  io: Progress,
): Promise<LeakReport> => {
  await requireTurningLoop(attachment, io);
  const estimate = await estimateSnapshot(attachment, { collected: options.maxPauseMs === undefined });
  const { snapshots, counts, collects, warnings } = evidenceFor(estimate, options);
  const warmsUp = options.warmUpRounds > 0 && snapshots && countsInWarmUp(estimate);
  await warmUp(round, options.warmUpRounds - Number(warmsUp));
  const { kept } = options;
  const census = counts ? await openCensus(attachment, io, { force: options.force, kept }) : uncounted;
  const readings = await openProcessReadings(attachment, collects);
  const looking = { attachment, census, kept, readings, round, io, collects };
  const rounds = options.rounds ?? comparedRounds;
  const watching = { endsOn: 'rise', allowedMs: options.maxMs } as const;
  if (!snapshots) {
    const sampling = { ...watching, gateRounds: rounds + 1, sampled: true };
    return reportWithoutSnapshots(looking, sampling, warnings);
  }
  const untilMs = performance.now() + options.maxMs;
  const gateRounds = gateRoundsFor(estimate);
  const first = await watchTarget(looking, { ...watching, gateRounds, warmsUp, sampled: false });
  const suspectedRounds = options.rounds ?? suspectedRoundsFor(estimate, risesEvenly(first.gate.rising));
  const { report: found, watched } = await reportOf(looking, first, { ...options, rounds, suspectedRounds, untilMs });
  if (io.signal.aborted) return found; // the target may not answer any more
  const searchWorker = (worker: Attachment): Promise<LeakReport> =>
    findLiveLeaks(worker, round, { ...options, kept: followKeptMemory(worker.session), warmUpRounds: 0 }, io).catch(
      (error: unknown) => reportOfUnseen(error, io.signal),
    );
  const placed = await addTo(found, io, async (report) =>
    withSites(await withMemoryGrowth(report, looking), looking, watched, options),
  );
  if (attachment.worker !== undefined || first.end === 'cut' || io.signal.aborted) return placed;
  return addTo(placed, io, (report) => withWorkers(report, attachment, watched, searchWorker));
};

/** What is proved is reported, although the user or the target ends what would add to it. */
const addTo = async (
  report: LeakReport,
  { signal }: Progress,
  add: (report: LeakReport) => Promise<LeakReport>,
): Promise<LeakReport> => {
  try {
    return await add(report);
  } catch (error) {
    if (!(error instanceof MemwatchError) || report.verdict !== 'leak') throw error;
    const missing = `not everything was looked at: ${error.message}`;
    return signal.aborted ? report : { ...report, warnings: [...report.warnings, missing] };
  }
};

const warmUp = async (round: Round, rounds: number): Promise<void> => {
  for (let i = 1; i <= rounds; i++) await round(`1/4 warm-up, round ${i} of ${rounds}`);
};

const withSites = async (
  report: LeakReport,
  looking: Looking,
  { descriptors }: Watched,
  options: LiveOptions,
): Promise<LeakReport> => {
  if (options.growthSites !== true)
    return adviseGrowthSites(await withOpeningCode(report, looking, descriptors[0]?.kind));
  return report.verdict === 'leak' ? withGrowthSites(report, looking, options.force) : report;
};

/** `watched` is the last watch, which shows whether the heaps of workers grow. */
interface Reported {
  readonly report: LeakReport;
  readonly watched: Watched;
}

const reportOf = async (looking: Looking, first: Watched, options: TimedOptions): Promise<Reported> => {
  const { io } = looking;
  const grows = first.end === 'grows' || first.end === 'creeps' || first.end === 'open';
  const inWorkersAlone = grows && growing(first).length > 0 && growing(first).every(({ of }) => isWorkerHeap(of));
  if ((first.end !== 'rises' && !grows) || inWorkersAlone) return { report: reportOfWatch(first), watched: first };
  const rising = risingText(first) ?? findOutsideHeap(first)[0]?.title;
  if (rising !== undefined) io.warn(`looks like a leak: ${rising}; proving it`);
  return searchAndWatch(looking, first, options);
};

const searchAndWatch = async (looking: Looking, first: Watched, options: TimedOptions): Promise<Reported> => {
  const of = (watched: Watched, report: LeakReport): Reported => ({ report, watched });
  try {
    const { report, readings, heapSeen, cut, place } = await searchHeap(looking, first, options);
    if (cut !== undefined) return of(first, reportOfCut(first, cut, report));
    const isDecided = report.verdict !== 'clean' || findOutsideHeap(first, readings).length > 0;
    if (isDecided || first.end === 'grows') return of(first, withWatch(report, first, readings, place));
    if (isKnown(seenBy(heapSeen, first))) return of(first, withWatch(report, seenBy(heapSeen, first), readings, place));
    return await watchAgain(looking, first, { report, heapSeen }, options);
  } catch (error) {
    const cut = cutOf(error, looking.io.signal);
    if (cut === undefined) throw withSeen(error, first);
    return of(first, reportOfCut(first, cut));
  }
};

/** The error of a target that ended says what was seen before; it may have ended because it stood still for a snapshot. */
const withSeen = (error: unknown, first: Watched): unknown => {
  const rising = risingText(first);
  if (!(error instanceof MemwatchError) || error.code !== 'disconnected' || rising === undefined) return error;
  return new MemwatchError('disconnected', `${error.message}; before that, it looked like a leak: ${rising}`, {
    hint: error.hint ?? 'if it ended because it stood still for a snapshot, look at it with --max-pause 1s, or --light',
    cause: error,
  });
};

/** What rose or crept came and went: the watch starts again, because snapshots change all figures. */
const watchAgain = async (
  looking: Looking,
  first: Watched,
  { report, heapSeen }: Outcome,
  options: TimedOptions,
): Promise<Reported> => {
  const before = (watched: Watched): BeforeSearch => ({ known: watched.known, keptBytes: looking.kept?.bytes() ?? 0 });
  const watching = { gateRounds: 1, sampled: false, allowedMs: options.maxMs, untilMs: options.untilMs, before: before(first) }; // prettier-ignore
  const second = await watchTarget(looking, { ...watching, endsOn: 'late rise' });
  if (!isSearchedAgain(second, heapSeen))
    return { report: withWatch(report, withStepsSince(first, seenBy(heapSeen, second))), watched: second };
  const again = await searchHeap(looking, second, { ...options, suspectedRounds: options.rounds, keep: undefined });
  if (again.cut !== undefined) return { report: reportOfCut(second, again.cut, again.report), watched: second };
  const isDecided = again.report.verdict !== 'clean' || second.end !== 'rises';
  // a rise ends a watch before everything outside the heap is known
  const last = isDecided
    ? second
    : await watchTarget(looking, { ...watching, before: before(second), endsOn: 'proof' });
  const readings = isDecided ? again.readings : [];
  const seen = withStepsSince(first, seenBy(again.heapSeen, last));
  return { report: withWatch(again.report, seen, readings, again.place), watched: last };
};

/** What snapshots contain and is proved to grow now may do so in steps, for which the rounds of the first search were too short. */
const isSearchedAgain = (second: Watched, heapSeen: HeapSeen | undefined): boolean => {
  if (second.end === 'grows') return growing(second).some(({ of }) => of === heapMemory || of === arrayBuffers);
  return second.end === 'rises' || (second.end === 'open' && !isKnown(seenBy(heapSeen, second)));
};

const leastSeenMs = 9000;

/** What snapshots showed of the heap replaces what its readings leave open, if they looked long enough. */
const seenBy = (seen: HeapSeen | undefined, watched: Watched): Watched =>
  seen === undefined || seen.ms < leastSeenMs
    ? watched
    : { ...watched, known: withHeapSeen(watched.known, seen.slope, seen.ms) };

const isKnown = ({ known }: Watched): boolean => known.every(({ state }) => state === 'excluded');

const growing = ({ known }: Watched): Watched['known'] =>
  known.filter(({ state }) => state === 'grows' || state === 'creeps');

/** Counts and samples name what rises; if nothing does, the watch decides. */
const reportWithoutSnapshots = async (
  looking: Looking,
  options: WatchOptions,
  warnings: readonly string[],
): Promise<LeakReport> => {
  const watched: Watched = await watchTarget(looking, options);
  const rises = watched.end === 'rises';
  const counted = looking.census !== uncounted;
  const scripts = rises || !counted ? await captureScripts(looking.attachment.session, looking.attachment) : undefined;
  const found = reportOfCensus(watched.gate, scripts, warnings, coverageOf(watched), packageOf);
  if (!counted) return withWatch(withoutCounts(found, watched.gate, scripts, looking.collects), watched);
  if (watched.cut !== undefined) return reportOfCut(watched, watched.cut, found);
  if (!rises) return withWatch(found, watched);
  if (found.verdict !== 'clean') return found;
  // the heap rose, but nothing that is counted did: the readings decide
  return withWatch(found, await watchTarget(looking, { ...options, endsOn: 'proof', gateRounds: 1, sampled: false }));
};
