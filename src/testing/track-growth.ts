/**
 * `trackGrowth`: runs a body many times and reports what grows. `expectNoLeak`: does the same, and throws one error if
 * something grows. In: a body. Out: a report, or a LeakError that names the finding and its line.
 */
import { openOwnProcess } from '../agent/capture/own-process.js';
import type { CheckFinding } from '../analyzer/model/check.js';
import type { Verdict } from '../analyzer/model/finding.js';
import { MemwatchError } from '../errors.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { findingLines } from '../report/finding-lines.js';
import { escapeText } from '../report/units.js';
import { createThreadAnalysis } from '../leaks/capture-analysis-thread.js';
import { bodySubject, type Body } from '../leaks/body-subject.js';
import { judge } from '../leaks/judge.js';

export interface GrowthOptions {
  /**
   * Calls that belong together: the calls of a round are a multiple of this. Chosen by how long a call takes unless
   * set.
   */
  readonly iterations?: number;
  /** Stops the judgement: the promise is rejected. */
  readonly signal?: AbortSignal;
}

export interface LeakOptions extends GrowthOptions {
  /** Known leaks, by signature or by a pattern that matches it: they do not fail. */
  readonly ignore?: readonly (string | RegExp)[];
  /** Also throws if the evidence allows no verdict. */
  readonly strict?: boolean;
}

export interface GrowthReport {
  readonly verdict: Verdict;
  /** Why, in figures. */
  readonly reasons: readonly string[];
  /** What grows with the calls, the most important first. */
  readonly findings: readonly CheckFinding[];
  /** Number of calls in all the rounds that count. */
  readonly calls: number;
  /** Size of the collected heap before the first round and after each. */
  readonly heapBytes: readonly number[];
}

/** What `expectNoLeak` throws. */
export class LeakError extends Error {
  override readonly name = 'LeakError';
  constructor(
    message: string,
    readonly report: GrowthReport,
  ) {
    super(message);
  }
}

/** Shorter than in a scenario's own process, because people wait for their tests. */
const watchMs = 1500;

export const trackGrowth = async (body: Body, options: GrowthOptions = {}): Promise<GrowthReport> => {
  const step = options.iterations ?? null;
  if (typeof body !== 'function') throw new MemwatchError('bad-argument', 'the body must be a function');
  if (step !== null && !(Number.isSafeInteger(step) && step > 0)) {
    throw new MemwatchError('bad-argument', 'iterations must be a whole number above 0');
  }
  const { path: folder, remove } = createTemporaryFolder();
  const own = openOwnProcess();
  try {
    const subject = await bodySubject(body, step, own);
    const { signal } = options;
    const judged = await judge(subject, createThreadAnalysis(signal), { watchMs, folder, signal });
    if (judged.cutShort !== undefined) throw judged.cutShort;
    return {
      verdict: judged.verdict,
      reasons: judged.reasons,
      findings: judged.findings,
      calls: judged.iterations.reduce((sum, one) => sum + one, 0),
      heapBytes: judged.readings.map(({ heapUsedBytes }) => heapUsedBytes),
    };
  } finally {
    await own.close();
    remove();
  }
};

export const expectNoLeak = async (body: Body, options: LeakOptions = {}): Promise<void> => {
  const caller = new Error();
  Error.captureStackTrace(caller, expectNoLeak);
  const report = await trackGrowth(body, options);
  const fresh = findingsNotIgnored(report.findings, options.ignore ?? []);
  const undecided = options.strict === true && report.verdict === 'inconclusive';
  if (fresh.length === 0 && !undecided) return;
  const error = new LeakError(messageOf(fresh, report), { ...report, findings: fresh });
  error.stack = `${error.name}: ${error.message}\n${framesOf(caller)}`;
  throw error;
};

export const findingsNotIgnored = (
  findings: readonly CheckFinding[],
  ignore: readonly (string | RegExp)[],
): CheckFinding[] =>
  findings.filter(
    ({ signature }) =>
      !ignore.some((known) => (typeof known === 'string' ? known === signature : known.test(signature))),
  );

const messageOf = (findings: readonly CheckFinding[], report: GrowthReport): string => {
  if (findings.length === 0) return ['no verdict on leaks', ...report.reasons.map(escapeText)].join('\n  ');
  const lines = findings.flatMap((finding) => {
    const [title = '', ...rest] = findingLines(finding, process.cwd());
    return [title, ...rest.map((line) => `  ${line}`)];
  });
  const many = findings.length === 1 ? 'memory leak' : `${findings.length} memory leaks`;
  return [`${many} in ${report.calls} calls`, ...lines].join('\n  ');
};

const framesOf = ({ stack = '' }: Error): string => stack.split('\n').slice(1).join('\n');
