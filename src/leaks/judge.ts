/**
 * The judgement: makes a subject work in rounds and decides whether it leaks, as early as the evidence allows. A look
 * reads the counters and takes a snapshot. In: a subject, and the analysis of captures. Out: a verdict with its
 * reasons, and what grows.
 *
 *   warm-up, look, round, look, round, look   nothing grew in both rounds: clean
 *   long round, rest, look                    what again grew in proportion to the work may be a leak
 *                                             (after only one round, if a round gains megabytes)
 *   many calls, no look                       the heap rises as fast: a leak; else one more look (see level.ts)
 *   round, look, longer round, rest, look     for what slows down: has it stopped by now?
 *
 * A cache that fills, a pool that reaches its size and a backlog stop or drain by then; a leak does not.
 */
import { readScriptsTable } from '../analyzer/formats/scripts-table.js';
import type { CheckFinding, CounterReading } from '../analyzer/model/check.js';
import type { Location } from '../analyzer/model/location.js';
import type { Finding, Verdict } from '../analyzer/model/finding.js';
import { findHeapGrowth } from '../analyzer/growth/readings/counters.js';
import { fillingText, verdictOf } from '../analyzer/growth/verdict.js';
import { addedBy, openingsOf } from '../analyzer/growth/added-by.js';
import { placedBySites, withAllocationSites } from '../analyzer/growth/allocation-sites.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import { isMemwatchFile } from './capture-analysis.js';
import { packageOf, placesOf } from './snapshot-files.js';
import { watchLevel, withHeapGrowth, withoutSettledMemory } from './level.js';
import { createLog, perCall, type Log } from './judged-rounds.js';
import { warmUp, type RoundSize } from './round-size.js';
import type { Analysis, Growth, JudgeOptions, Subject } from './subject.js';

export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly findings: readonly CheckFinding[];
  /** Calls in each counted round. */
  readonly iterations: readonly number[];
  readonly readings: readonly CounterReading[];
  readonly snapshots: number;
  /** What ended the rounds before all was known. */
  readonly cutShort?: Error;
}

/** The long round, and the longer one that may follow it: this many calls, or as many as fit into the time. */
const longRound = { calls: 10_000, atMostMs: 4000 };
const longerRound = { calls: 100_000, atMostMs: 10_000 };
/** With fewer calls than this in all rounds, a leak of one object in ten calls cannot be distinguished from chance. */
const fewestCalls = 20;
/** Fewer rounds do not show that growth is in proportion to the work. */
const fewestRounds = 2;

/** If the rounds cannot all be made (no time is left, Ctrl-C), what they have shown by then is the judgement. */
export const judge = async (subject: Subject, analysis: Analysis, options: JudgeOptions): Promise<Judgement> => {
  options.onProgress?.('warming up');
  const size = await warmUp(subject);
  const log = createLog(subject, size, analysis, options);
  try {
    return await judgeRounds(subject, size, log, options);
  } catch (error) {
    const isInterrupted = options.signal?.aborted === true;
    if (!(error instanceof Error) || log.work.length < (isInterrupted ? 1 : fewestRounds)) throw error;
    if (isInterrupted) return interruptedAt(log, error);
    const growth = await log.growth();
    const verdict = decide(growth, log.calls());
    if (verdict !== 'leak') throw error;
    return { ...judgementOf(verdict, growth, log), cutShort: error };
  }
};

/** Ctrl-C leaves no time to compare snapshots. */
const interruptedAt = (log: Log, error: Error): Judgement => {
  const judgement = judgementOf('inconclusive', log.lastGrowth(), log);
  const reasons = [`it was interrupted after ${log.calls()} calls`, figuresOf(log)];
  return { ...judgement, reasons, cutShort: error };
};

/** The rounds that are drawn at the top of this file. */
const judgeRounds = async (subject: Subject, size: RoundSize, log: Log, options: JudgeOptions): Promise<Judgement> => {
  await firstRounds(subject, log);
  const early = await quietGrowth(log);
  if (early !== undefined) return judgementOf(decide(early, log.calls()), early, log);
  await log.longRound(longRound);
  const afterLongRound = await log.growth();
  const settle = isQuiet(afterLongRound) ? withHeapGrowth : withoutSettledMemory;
  const settled = await settle(afterLongRound, subject, size, log, options);
  const { levelsOff, seenGrowth } = await watchLevel(subject, size, log, settled, options);
  const growth = await untilDecided(levelsOff ? await log.growth() : settled, log);
  const judgement = judgementOf(decide(growth, log.calls()), growth, log);
  if (judgement.verdict === 'leak') return withEvidence(judgement, subject, size, log, seenGrowth, growth.place);
  if (judgement.findings.length === 0) return judgement;
  const scripts = await readScriptsTable(log.lastFile());
  return { ...judgement, findings: await withOpenings(judgement.findings, subject, size, scripts) };
};

/** Two rounds with a look before, between and after them; one round if it gains megabytes. */
const firstRounds = async (subject: Subject, log: Log): Promise<void> => {
  await subject.startSampling();
  await log.look();
  await log.round();
  if (!log.isHeavy()) await log.round();
};

/** What grew in the first rounds, if that is nothing and they are enough to say so. */
const quietGrowth = async (log: Log): Promise<Growth | undefined> => {
  if (log.work.length < 2 || log.heapSoars() || log.calls() < fewestCalls) return undefined;
  const growth = await log.growth();
  return isQuiet(growth) && findHeapGrowth(log.readings, log.work) === undefined ? growth : undefined;
};

/** Up to two more rounds, for what grew but may have stopped by now. */
const untilDecided = async (before: Growth, log: Log): Promise<Growth> => {
  let growth = before;
  for (const oneMore of [log.round, () => log.longRound(longerRound)]) {
    if (unbounded(growth).length > 0 || isQuiet(growth)) break;
    await oneMore();
    growth = await log.growth();
  }
  return growth;
};

/** What only a leak needs: where it is allocated, and how far it grew without reaching a bound. */
const withEvidence = async (
  judgement: Judgement,
  subject: Subject,
  size: RoundSize,
  log: Log,
  seenGrowth: string | null,
  body: Location | null,
): Promise<Judgement> => {
  const caller = { isFile: isMemwatchFile, body };
  const scripts = await readScriptsTable(log.lastFile());
  const made = withAllocationSites(
    judgement.findings,
    await subject.survivors(),
    scripts,
    caller,
    placesOf(scripts).sourceOf,
  );
  const placed = placedBySites(made, packageOf);
  const findings = await withOpenings(placed, subject, size, scripts);
  const unbounded = seenGrowth ?? `a cache whose bound is not reached within ${log.calls()} calls would look the same`;
  return {
    ...judgement,
    findings: findings.map((finding) => ({ ...finding, reasons: [...finding.reasons, unbounded] })),
    reasons: [...judgement.reasons, unbounded],
  };
};

/** Who opens what the first finding is about, if it is about something opened. The verdict stands without this. */
const withOpenings = async (
  findings: readonly CheckFinding[],
  subject: Subject,
  { calls, step }: RoundSize,
  scripts: ScriptsTable | undefined,
): Promise<CheckFinding[]> => {
  const [first, ...more] = findings;
  const openings = first === undefined ? undefined : openingsOf(first);
  if (first === undefined || openings === undefined) return [...findings];
  const sites = await subject.openings(openings, calls, step).catch(() => []);
  return [{ ...first, ...addedBy(first, sites, scripts, packageOf, isMemwatchFile) }, ...more];
};

const isQuiet = ({ growing, slowing }: Growth): boolean => growing.length === 0 && slowing.length === 0;

/** Too few calls prove nothing, so what they seem to show does not fail the scenario. */
const decide = (growth: Growth, calls: number): Verdict =>
  calls < fewestCalls
    ? verdictOf({ findings: 0, undecided: 1 })
    : verdictOf({ findings: unbounded(growth).length, undecided: growth.growing.length + growth.slowing.length });

/** What grows, and nothing in the code will stop it. */
const unbounded = ({ growing }: Growth): Finding[] => growing.filter(({ bounded }) => bounded === undefined);

const judgementOf = (verdict: Verdict, growth: Growth, log: Log): Judgement => ({
  verdict,
  reasons: reasonsFor(verdict, growth, log),
  findings: unbounded(growth).map((finding) => perCall(finding, log.calls() / log.work.length)),
  iterations: log.work,
  readings: log.readings,
  snapshots: log.readings.length,
});

const figuresOf = ({ readings, work }: Log): string => {
  const heap = readings.map(({ heapUsedBytes }) => Math.round(heapUsedBytes / 1024)).join(', ');
  return `collected heap after each round: ${heap} KB; calls: ${work.join(', ')}`;
};

const reasonsFor = (verdict: Verdict, growth: Growth, log: Log): string[] => {
  const calls = log.calls();
  const figures = figuresOf(log);
  if (verdict === 'leak')
    return unbounded(growth)
      .flatMap(({ reasons }) => reasons)
      .concat(figures);
  if (verdict === 'clean') return [`nothing grew with every round of ${calls} calls`, figures];
  if (calls < fewestCalls)
    return [
      `only ${calls} calls fit into the time: too few for a verdict`,
      'to settle it, make each call faster or export a larger number of iterations',
      figures,
    ];
  return [
    ...growth.growing.map((finding) => fillingText(finding)),
    ...growth.slowing.map((title) => `${title}: grew in every round, but less per call in the last`),
    'to settle it, run more iterations per round than its limit may hold entries',
    figures,
  ];
};
