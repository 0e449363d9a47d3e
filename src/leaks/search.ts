/**
 * The search for what grows, by heap snapshots: rounds of work with a snapshot after each, as many as it takes to tell
 * a leak from something that fills up. In: the target, and what a watch has seen of it. Out: a LeakReport.
 */
import { sampleSurvivors } from '../agent/capture/survivors.js';
import { placedBySites, withAllocationSites } from '../analyzer/growth/allocation-sites.js';
import { withOpeners } from '../analyzer/growth/openers.js';
import { heapMemory } from '../analyzer/growth/readings/counters.js';
import { roundsPerSnapshot } from '../analyzer/growth/rounds-per-snapshot.js';
import type { Finding } from '../analyzer/model/finding.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { createCaptures, type Captures, type Outcome, type SearchOptions } from './search-captures.js';
import { newestScripts, packageOf } from './snapshot-files.js';
import { expectedGrowth, type Watched } from './watch.js';
import type { Looking } from './watch-notes.js';

/** Growth that slows down gets up to this many more rounds to stop. */
const mostExtraRounds = 4;

export interface Found extends Outcome {
  /** Of the whole process, at the end of each round. */
  readonly readings: readonly ProcessReading[];
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

const searchIn = async (folder: string, looking: Looking, watched: Watched, options: SearchOptions): Promise<Found> => {
  const captures = createCaptures(folder, looking, watched, options);
  await captures.first();
  const finish = await sampleSurvivors(looking.attachment, expectedGrowth(watched.heapBytes, options.rounds));
  const { report, heapSeen } = await compareRounds(captures, looking, watched, options);
  const sites = await finish();
  const scripts = await newestScripts(captures.files);
  const located = {
    ...report,
    // a place that samples show changes no rank: what only Node holds comes last, whoever made it
    findings: placedBySites(withAllocationSites(report.findings, sites, scripts), packageOf),
  };
  const place = (finding: Finding): Finding => withOpeners(finding, sites, scripts, packageOf);
  return { report: located, readings: captures.readings, heapSeen, place };
};

/** What the rounds of this time leave in the heap is seen at the end of the next, which may be short. */
const leastOpenMs = 10_000;

/** Repeats a round and a snapshot until the snapshots prove or rule out a leak. */
const compareRounds = async (
  captures: Captures,
  { round }: Looking,
  watched: Watched,
  options: SearchOptions,
): Promise<Outcome> => {
  const { heap, classes, containers } = watched.gate.rising;
  const suspected = heap && classes.length + containers.length > 0;
  const times = roundsPerSnapshot(watched, options.rounds);
  const isOpen = watched.end === 'open';
  const least = watched.known.find(({ of }) => of === heapMemory)?.least ?? 0;
  let outcome: Outcome | undefined;
  for (let i = 1; i <= options.rounds + mostExtraRounds; i++) {
    const until = performance.now() + (isOpen && i === 1 ? leastOpenMs : 0);
    for (let part = 0; part < times || performance.now() < until; part++)
      await round(`3/4 comparing snapshots, round ${i} of ${Math.max(i, options.rounds)}`);
    await captures.next();
    // the gate saw so much growth that three snapshots will not rule it out, and the target grows meanwhile
    if (captures.files.length < 3 || (suspected && i < options.rounds)) continue;
    outcome = await captures.compare();
    const { report, heapSeen } = outcome;
    // more rounds show whether growth slows down, not whether a bound in the code will hold
    const isDecided = report.verdict === 'leak' || (report.bounded ?? []).length > 0;
    const isClean = report.verdict === 'clean' && (!isOpen || heapSeen === undefined || heapSeen.slope.high < least);
    if (isClean || (i >= options.rounds && isDecided)) break;
  }
  return outcome ?? (await captures.compare());
};
