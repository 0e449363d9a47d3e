/**
 * The one entry point of leak finding, for the command and for programs. In: a target to attach to, or snapshot files
 * of one process. Out: a LeakReport. A target is left as it was, even after an error or an abort.
 */
import type { Redaction } from '../agent/capture/redact.js';
import { resolve } from 'node:path';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import { estimateSnapshot } from '../captures/estimate.js';
import type { Target } from '../agent/attach/target.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { followKeptMemory, reportKeptMemory } from '../captures/resident.js';
import { MemwatchError } from '../errors.js';
import { checkSeries, prepareSeries } from '../files/series.js';
import { progressOf, type Progress, type ProgressOptions } from '../progress.js';
import { formatBytes } from '../report/units.js';
import { estimateLeakSearch, searchTime, usualMaxMs, usualRounds, type LeakRounds } from './duration.js';
import { findLiveLeaks } from './live.js';
import { createRound, type Load } from './rounds.js';
import { analyseSnapshots } from './snapshot-files.js';

export interface FindLeaksOptions extends ProgressOptions {
  /** How long a round lets the target work, in milliseconds; 5000 unless set. A `load` replaces it. */
  readonly intervalMs?: number | undefined;
  /**
   * Rounds that are compared, at least 2. Unless set: 3, or 2 if each snapshot takes over 3 s. Growth that slows down gets a
   * few more rounds.
   */
  readonly rounds?: number | undefined;
  /** Warm-up rounds before those, which do not count; 1 unless set. */
  readonly warmUpRounds?: number | undefined;
  /** How long the target is watched at most until growth is proved or ruled out, in milliseconds; 60,000 unless set. */
  readonly maxMs?: number | undefined;
  /** Makes the target work, once a round: a shell command, or a function. The round ends when the load does. */
  readonly load?: Load | undefined;
  /** How long the load may take in one round, in milliseconds; no limit unless set. */
  readonly loadTimeoutMs?: number | undefined;
  /** Takes no heap snapshots, only object counts and sampled allocations, which are weaker evidence. */
  readonly light?: boolean | undefined;
  /** Uses only evidence that, by its estimate, never stops the target for longer than this, in milliseconds. */
  readonly maxPauseMs?: number | undefined;
  /**
   * Watches for one more round which code adds to the top findings. Touches those objects in the target, and restores
   * them.
   */
  readonly growthSites?: boolean | undefined;
  /** Takes snapshots although the machine or the target's cgroup could run out of memory. */
  readonly force?: boolean | undefined;
  /** Keeps the snapshots in this folder; they are deleted unless it is set. */
  readonly keep?: string | undefined;
  /** Replaces the contents of strings in the snapshots, and so in the report, by hashes of the same length. */
  readonly redact?: Redaction | undefined;
  /** Replaces the snapshots that another run left in that folder; they are kept unless it is set. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Looks for leaks in a running process, or in three or more heap snapshots of one process, oldest first. Options about
 * rounds and snapshots have no effect on files.
 *
 * Throws MemwatchError: `bad-argument` for options or files that cannot be used, or a load that fails; `interrupted`
 * after an abort; what `attach` throws; `disconnected` if the target ends too early; for files `cannot-read`,
 * `not-this-format` and `broken-file`.
 */
export const findLeaks = async (
  source: Target | readonly string[],
  options: FindLeaksOptions = {},
): Promise<LeakReport> => {
  const progress = progressOf(options);
  if (isFiles(source)) return findLeaksInFiles(source, progress);
  checkRounds(options);
  const { keep, overwrite } = options;
  if (keep !== undefined) checkSeries(keep, overwrite);
  const attaching = { signal: progress.signal, onProgress: progress.progress, programStdout: 'stderr' as const };
  return withAttachment(source, attaching, (attachment) => {
    if (keep !== undefined) prepareSeries(keep, overwrite);
    return findAttachedLeaks(attachment, options, progress);
  });
};

const isFiles = (source: Target | readonly string[]): source is readonly string[] => Array.isArray(source);

const findLeaksInFiles = (files: readonly string[], { signal, progress }: Progress): Promise<LeakReport> => {
  const twice = files.find((file, at) => files.findIndex((one) => resolve(one) === resolve(file)) !== at);
  if (twice !== undefined) throw new MemwatchError('bad-argument', `${twice} is named twice: give different snapshots`);
  return analyseSnapshots(files, { signal, onProgress: progress });
};

const checkRounds = ({ rounds, warmUpRounds, intervalMs, maxMs, maxPauseMs }: FindLeaksOptions): void => {
  requireNumber('maxPauseMs', maxPauseMs, 1, Number.isFinite);
  requireNumber('rounds', rounds, 2, Number.isInteger);
  requireNumber('warmUpRounds', warmUpRounds, 0, Number.isInteger);
  requireNumber('intervalMs', intervalMs, 0, Number.isFinite);
  requireNumber('maxMs', maxMs, 1000, Number.isFinite);
};

const requireNumber = (
  name: string,
  value: number | undefined,
  least: number,
  isRight: (value: number) => boolean,
): void => {
  if (value === undefined || (isRight(value) && value >= least)) return;
  const what = isRight === Number.isInteger ? 'whole number' : 'number';
  throw new MemwatchError('bad-argument', `${name} must be a ${what} of at least ${least}, not ${value}`);
};

/**
 * The same, over an attachment that the caller has made and will detach. Starts the program if memwatch launched it.
 */
export const findAttachedLeaks = async (
  attachment: Attachment,
  options: FindLeaksOptions,
  progress: Progress,
): Promise<LeakReport> => {
  await attachment.runIfWaiting();
  const { load, loadTimeoutMs, light = false, growthSites = false, force = false, maxMs = usualMaxMs } = options;
  const { keep, redact } = options;
  const rounds = {
    intervalMs: options.intervalMs ?? usualRounds.intervalMs,
    rounds: options.rounds ?? usualRounds.rounds,
    warmUpRounds: options.warmUpRounds ?? usualRounds.warmUpRounds,
  };
  const byTime = load === undefined;
  if (byTime && !light) await warnOfLongSearch(attachment, rounds, progress);
  const round = createRound({ intervalMs: rounds.intervalMs, load, loadTimeoutMs }, progress, attachment.ending);
  const kept = followKeptMemory(attachment.session);
  const liveOptions = {
    ...rounds,
    kept,
    byTime,
    light,
    growthSites,
    force,
    keep,
    redact,
    maxMs,
    maxPauseMs: options.maxPauseMs,
  };
  const find = (): Promise<LeakReport> => findLiveLeaks(attachment, round, liveOptions, progress);
  return { ...(await reportKeptMemory(attachment, progress, find, kept)), nodeVersion: attachment.nodeVersion };
};

/** If a search will take longer than this, that is said before it begins. */
const longMs = 60_000;

const warnOfLongSearch = async (attachment: Attachment, rounds: LeakRounds, progress: Progress): Promise<void> => {
  const snapshot = await estimateSnapshot(attachment, { collected: false });
  const estimate = estimateLeakSearch(snapshot, rounds);
  if (estimate.leakMs < longMs) return;
  progress.warn(
    `looking for leaks in a heap of ${formatBytes(snapshot.heapUsedBytes)} takes ${searchTime(estimate)} (estimated)`,
  );
};
