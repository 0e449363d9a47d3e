/**
 * Checks a whole service instead of a scenario: `memwatch leaks` on a running or a freshly started program. In: a
 * target, and what loads it. Out: the report of a scenario, so that baseline, reports and exit codes are the same.
 */
import { relative, resolve } from 'node:path';
import { withAttachment } from '../../agent/attach.js';
import { readProcess } from '../../agent/proc.js';
import type { Target } from '../../agent/target.js';
import type { ScenarioReport } from '../../analyzer/model/check.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { emptyReport } from '../../testing/scenario.js';
import type { Io } from '../io.js';
import { findLiveLeaks } from '../leaks/live.js';
import { createRound } from '../leaks/rounds.js';

export interface ServiceOptions {
  readonly intervalMs: number;
  /** A shell command that is one round. */
  readonly load: string | undefined;
  /** Keeps the snapshots there. */
  readonly artifacts: string | undefined;
}

const rounds = { warmUpRounds: 1, rounds: 3 } as const;

/** Throws what attaching and `leaks` throw. */
export const checkService = async (target: Target, options: ServiceOptions, io: Io): Promise<ScenarioReport> => {
  const startedAt = performance.now();
  const name = nameOf(target);
  const byTime = options.load === undefined;
  const attaching = { signal: io.signal, onProgress: io.progress, programStdout: 'stderr' as const };
  const leaks = await withAttachment(target, attaching, async (attachment) => {
    await attachment.runIfWaiting();
    const round = createRound({ ...options, key: false }, io, attachment.ending);
    const live = { ...rounds, byTime, light: false, force: false, keep: options.artifacts };
    return findLiveLeaks(attachment, round, live, io);
  });
  return reportOf(name, leaks, Math.round((performance.now() - startedAt) * 1000));
};

/** The script's path, which is the same on the next run, where it can be known. */
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
