/**
 * The search for what grows, by heap snapshots: rounds of work with a snapshot after each, as many as it takes to tell
 * a leak from something that fills up. In: the target, and what a watch has seen of it. Out: a LeakReport.
 */
import { sampleSurvivors } from '../agent/capture/survivors.js';
import { placedBySites, withAllocationSites } from '../analyzer/growth/allocation-sites.js';
import { withOpeners } from '../analyzer/growth/openers.js';
import { heapMemory } from '../analyzer/growth/readings/counters.js';
import { risesEvenly } from '../analyzer/growth/readings/gate.js';
import { roundsPerSnapshot } from '../analyzer/growth/rounds-per-snapshot.js';
import type { Finding } from '../analyzer/model/finding.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import { createTemporaryFolder } from '../files/temporary.js';
import type { Progress } from '../progress.js';
import { createCaptures, type Captures, type Outcome, type SearchOptions } from './search-captures.js';
import { newestScripts, packageOf, placesOf } from './snapshot-files.js';
import { cutOf, expectedGrowth, type Cut, type Watched } from './watch.js';
import type { Looking } from './watch-notes.js';

/** Growth that slows down gets up to this many more rounds to stop. */
const mostExtraRounds = 4;

export interface Found extends Outcome {
  /** Of the whole process, at the end of each round. */
  readonly readings: readonly ProcessReading[];
  /** Memory or disk ran short before enough rounds were compared: the report is of those that were. */
  readonly cut: Cut | undefined;
  /** Adds to a finding outside the heap what the samples of the heap say of its place. */
  place(finding: Finding): Finding;
}

export const searchHeap = async (looking: Looking, watched: Watched, options: SearchOptions): Promise<Found> => {
  if (options.keep !== undefined) return searchIn(options.keep, looking, watched, options);
  const folder = createTemporaryFolder();
  try {
    return await searchIn(folder.path, looking, watched, options);
  } finally {
    folder.remove();
  }
};

interface Plan {
  /** Rounds to compare. */
  readonly rounds: number;
  /** Of the watch's rounds, how many each of them lasts. */
  readonly perSnapshot: number;
}

const searchIn = async (folder: string, looking: Looking, watched: Watched, options: SearchOptions): Promise<Found> => {
  const plan = { rounds: roundsToPlan(watched, options), perSnapshot: roundsPerSnapshot(watched, options.rounds) };
  const captures = createCaptures(folder, looking, watched, { ...options, rounds: plan.rounds });
  await captures.first();
  const finish = await sampleSurvivors(
    looking.attachment,
    expectedGrowth(watched.heapBytes, plan.rounds * plan.perSnapshot),
  );
  const { report, heapSeen, cut } = await compareRounds(captures, looking, watched, { ...options, plan });
  const sites = await finish();
  const scripts = await newestScripts(captures.files);
  const { sourceOf } = placesOf(scripts);
  const located = {
    ...report,
    // a place that samples show changes no rank: what only Node holds comes last, whoever made it
    findings: placedBySites(withAllocationSites(report.findings, sites, scripts, undefined, sourceOf), packageOf),
  };
  const place = (finding: Finding): Finding =>
    withOpeners(finding, sites, packageOf, { scripts, sourceOf, descriptors: watched.descriptors[0]?.kind });
  return { report: located, readings: captures.readings, heapSeen, cut, place };
};

/** What the rounds of this time leave in the heap is seen at the end of the next, which may be short. */
const leastOpenMs = 10_000;

/** Repeats a round and a snapshot until the snapshots prove or rule out a leak, or the time is over. */
const compareRounds = async (
  captures: Captures,
  { round, io }: Looking,
  watched: Watched,
  { plan, ...options }: SearchOptions & { readonly plan: Plan },
): Promise<Outcome & Pick<Found, 'cut'>> => {
  // fewer rounds than were asked for prove nothing, however late it is
  const isOver = (rounds: number): boolean => rounds >= options.rounds && performance.now() > options.untilMs;
  let outcome: Outcome | undefined;
  for (let i = 1; i <= options.rounds + mostExtraRounds; i++) {
    const until = performance.now() + (watched.end === 'open' && i === 1 ? leastOpenMs : 0);
    for (let part = 0; part < plan.perSnapshot || performance.now() < until; part++)
      await round(`3/4 comparing snapshots, round ${i} of ${Math.max(i, plan.rounds)}`, Math.min(1, plan.perSnapshot));
    if (outcome !== undefined && isOver(i - 1)) break;
    const cut = await cutOfNext(captures, io);
    if (cut !== undefined) return { ...(outcome ?? (await captures.compare())), cut };
    // the gate saw so much growth that three snapshots will not rule it out; a comparison now would make rounds unequal
    if (captures.files.length < 3 || (isSuspected(watched) && i < options.suspectedRounds)) continue;
    outcome = await captures.compare();
    if (isDecided(outcome, i, watched, options) || isOver(i)) break;
  }
  return { ...(outcome ?? (await captures.compare())), cut: undefined };
};

/** The next capture. What cuts the search short is an error until three snapshots can be compared. */
const cutOfNext = async (captures: Captures, { signal }: Progress): Promise<Cut | undefined> => {
  try {
    await captures.next();
    return undefined;
  } catch (error) {
    const cut = signal.aborted || captures.files.length < 3 ? undefined : cutOf(error, signal);
    if (cut === undefined) throw error;
    return cut;
  }
};

const isSuspected = ({ gate: { rising } }: Watched): boolean =>
  risesEvenly(rising) || (rising.heap && rising.classes.length + rising.containers.length > 0);

const roundsToPlan = (watched: Watched, { rounds, suspectedRounds }: SearchOptions): number =>
  isSuspected(watched) ? suspectedRounds : rounds;

const isDecided = (
  { report, heapSeen }: Outcome,
  rounds: number,
  watched: Watched,
  options: SearchOptions,
): boolean => {
  const { end, known } = watched;
  const isLong = rounds >= options.rounds;
  const mayFill = (report.bounded ?? []).length > 0;
  // a list with a small index of its entries looks like a cache with a bound, until the index has turned over
  if (report.verdict === 'leak') return rounds >= (mayFill ? options.rounds : roundsToPlan(watched, options));
  if (isSuspected(watched) && !isLong) return false;
  // more rounds show whether growth slows down, not whether a bound in the code will hold
  if (report.verdict === 'inconclusive') return isLong && mayFill;
  const least = known.find(({ of }) => of === heapMemory)?.least ?? 0;
  return end !== 'open' || heapSeen === undefined || heapSeen.slope.high < least;
};
