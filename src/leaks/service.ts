/**
 * Checks a whole service instead of a scenario: `memwatch leaks` on a running or a freshly started program. In: a
 * target, and the load to put on it. Out: a report of the same form as a scenario's, so that the baseline, the reports
 * and the exit codes are the same.
 */
import { relative, resolve } from 'node:path';
import { withAttachment, type Attachment } from '../agent/attach/attach.js';
import { readProcess } from '../agent/process/proc.js';
import type { Target } from '../agent/attach/target.js';
import type { LimitResult, ScenarioFailure, ScenarioReport } from '../analyzer/model/check.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { prepareSeries } from '../files/series.js';
import { checkLimits, type Limits } from './limits.js';
import { emptyReport } from './scenario.js';
import type { Progress } from '../progress.js';
import { findAttachedLeaks } from './find-leaks.js';

export interface ServiceOptions {
  readonly intervalMs: number;
  /** A shell command that is one round. */
  readonly load: string | undefined;
  /** How long the load may run in one round. */
  readonly timeoutMs: number;
  /** How long the service is watched at most. */
  readonly maxMs: number;
  /** The folder in which to keep the snapshots. */
  readonly artifacts: string | undefined;
  readonly limits: Limits;
}

/** A service that ends before the check is done has failed. Throws what attaching and `leaks` throw. */
export const checkService = async (target: Target, options: ServiceOptions, io: Progress): Promise<ScenarioReport> => {
  if (options.artifacts !== undefined) prepareSeries(options.artifacts, true);
  const startedAt = performance.now();
  const name = nameOf(target);
  const attaching = { signal: io.signal, onProgress: io.progress, programStdout: 'stderr' as const };
  const elapsedUs = (): number => Math.round((performance.now() - startedAt) * 1000);
  let ended: Attachment | undefined;
  const find = async (attachment: Attachment): Promise<LeakReport> => {
    const { intervalMs, load, timeoutMs: loadTimeoutMs, artifacts: keep, maxMs } = options;
    try {
      return await findAttachedLeaks(attachment, { intervalMs, load, loadTimeoutMs, keep, maxMs }, io);
    } catch (error) {
      if (attachment.ending.aborted) ended = attachment; // read here, because detaching aborts it in any case
      throw error;
    }
  };
  try {
    const leaks = await withAttachment(target, attaching, find);
    return { ...reportOf(name, leaks, elapsedUs()), limits: limitsOf(options.limits, leaks) };
  } catch (error) {
    throwIfInterrupted(io.signal);
    if (ended === undefined || !(error instanceof MemwatchError)) throw error;
    const failure = await failureOf(ended);
    return { ...emptyReport(name), passed: false, failure, durationUs: elapsedUs() };
  }
};

/**
 * The service's output went straight to the terminal. How it ended is known only of a program that memwatch started.
 */
const failureOf = async ({ program }: Attachment): Promise<ScenarioFailure> => {
  const end = await program?.exited;
  const how = end === undefined ? '' : end.signal === null ? ` with exit code ${end.code}` : ` by ${end.signal}`;
  const hint = 'keep the service running until memwatch has finished all rounds';
  const kind = end === undefined || end.code === 0 ? 'exited' : 'crashed';
  return { kind, message: `it ended${how} before the check was finished`, hint, output: '' };
};

/** In a service's rounds only the collected heap is read, not external memory and pauses. */
const limitsOf = (limits: Limits, { heapBytes }: LeakReport): LimitResult[] => {
  const readings = heapBytes.map((heapUsedBytes) => ({ heapUsedBytes, externalBytes: 0, longestGcPauseUs: null }));
  return checkLimits(
    limits,
    readings,
    readings.slice(1).map(() => 1),
  );
};

/** The path of the script, if it can be found: it is the same in the next run. */
const nameOf = (target: Target): string => {
  if (target.kind === 'command') return target.argv[0] ?? 'program';
  if (target.kind !== 'pid') return 'service';
  const script = readProcess(target.pid)
    ?.command.slice(1)
    .find((argument) => !argument.startsWith('-'));
  return script === undefined ? `process ${target.pid}` : relative(process.cwd(), resolve(script));
};

const reportOf = (name: string, leaks: LeakReport, durationUs: number): ScenarioReport => ({
  ...emptyReport(name),
  verdict: leaks.verdict,
  reasons: leaks.reasons,
  findings: leaks.findings.map((finding) => ({ ...finding, bytesPerIteration: null, countPerIteration: null })),
  rounds: leaks.rounds,
  snapshots: leaks.snapshots,
  durationUs,
  warnings: leaks.warnings,
});
