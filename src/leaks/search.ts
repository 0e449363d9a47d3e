/**
 * The search for what grows, by heap snapshots: rounds of work with a snapshot after each, as many as it takes to tell
 * a leak from something that fills up. In: the target, and what a watch has seen of it. Out: a LeakReport.
 */
import { join } from 'node:path';
import type { Census } from '../agent/capture/census.js';
import type { Redaction } from '../agent/capture/redact.js';
import { sampleSurvivors } from '../agent/capture/survivors.js';
import { placedBySites, withAllocationSites } from '../analyzer/growth/allocation-sites.js';
import type { Gate } from '../analyzer/growth/readings/gate.js';
import { heapMemory } from '../analyzer/growth/readings/counters.js';
import { rankFindings } from '../analyzer/growth/rank.js';
import { watchedMs } from '../analyzer/growth/watch-report.js';
import type { CollectionSizes } from '../analyzer/growth/sizes.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import { takeSnapshot } from '../captures/take-snapshot.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { answerOfThread } from '../thread.js';
import { withGrowthSites } from './growth-sites.js';
import { newestScripts, packageOf, type AnalyseOptions } from './snapshot-files.js';
import { expectedGrowth, type Looking, type Watched } from './watch.js';

export interface SearchOptions {
  /** The number of rounds; there is a snapshot before the first and after each. */
  readonly rounds: number;
  /** Rounds are measured by time, not by an amount of work. */
  readonly byTime: boolean;
  readonly growthSites?: boolean;
  readonly force: boolean;
  /** The folder in which to keep the snapshots. */
  readonly keep: string | undefined;
  /** Leaves the contents of strings out of the snapshots. */
  readonly redact?: Redaction | undefined;
}

/** Growth that slows down gets up to this many more rounds to stop. */
const mostExtraRounds = 4;

export interface Found {
  readonly report: LeakReport;
  /** Of the whole process, at the end of each round. */
  readonly readings: readonly ProcessReading[];
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
  const { attachment, round, io } = looking;
  const captures = createCaptures(folder, looking, watched, options);
  await captures.first();
  const finish = await sampleSurvivors(attachment, expectedGrowth(watched.heapBytes, options.rounds));
  const report = await compareRounds(captures, looking, watched, options);
  const sites = await finish();
  const scripts = await newestScripts(captures.files);
  const located = {
    ...report,
    findings: rankFindings(placedBySites(withAllocationSites(report.findings, sites, scripts), packageOf)),
  };
  const { readings } = captures;
  if (options.growthSites !== true || located.verdict !== 'leak') return { report: located, readings };
  return { report: await withGrowthSites(located, attachment, round, scripts, options.force, io), readings };
};

/** Repeats a round and a snapshot until the snapshots prove or rule out a leak. */
const compareRounds = async (
  captures: Captures,
  { round }: Looking,
  watched: Watched,
  options: SearchOptions,
): Promise<LeakReport> => {
  const { heap, classes, containers } = watched.gate.rising;
  const suspected = heap && classes.length + containers.length > 0;
  const times = Math.max(
    roundsBetweenRises(watched.heapBytes, watched.readings.length),
    roundsUntilSeen(watched, options),
  );
  let report: LeakReport | undefined;
  for (let i = 1; i <= options.rounds + mostExtraRounds; i++) {
    for (let part = 0; part < times; part++)
      await round(`3/4 comparing snapshots, round ${i} of ${Math.max(i, options.rounds)}`);
    await captures.next();
    // the gate saw so much growth that three snapshots will not rule it out, and the target grows meanwhile
    if (captures.files.length < 3 || (suspected && i < options.rounds)) continue;
    report = await captures.compare();
    // more rounds show whether growth slows down, not whether a bound in the code will hold
    const isDecided = report.verdict === 'leak' || (report.bounded ?? []).length > 0;
    if (report.verdict === 'clean' || (i >= options.rounds && isDecided)) break;
  }
  return report ?? (await captures.compare());
};

/** A rise smaller than this share of the whole gain does not count as a step of the growth. */
const leastStep = 0.1;
const mostTimes = 6;

/**
 * How many rounds it takes for the collected heap to rise again, going by the longest pause so far. What grows every
 * nine seconds does not grow in each round of five.
 */
const roundsBetweenRises = (heapBytes: readonly number[], readings: number): number => {
  if (readings < heapBytes.length + 3) return 1; // the gate saw it rise in each round
  const step = leastStep * ((heapBytes.at(-1) ?? 0) - (heapBytes[0] ?? 0));
  let longest = 1;
  let still = 0;
  for (const [i, bytes] of heapBytes.entries()) {
    still = i > 0 && bytes - (heapBytes[i - 1] ?? 0) < step ? still + 1 : 0;
    longest = Math.max(longest, still + 1);
  }
  return Math.min(mostTimes, longest);
};

/** What a round must add to be more than chance: this many entries, or if nothing was counted, this many bytes. */
const enough = { entries: 6, bytes: 4096 };

/** How many rounds it takes for slow growth to add enough. The search may take half as long as the watch was allowed. */
const roundsUntilSeen = (watched: Watched, { rounds }: SearchOptions): number => {
  const { gate, known, allowedMs } = watched;
  const roundMs = watchedMs(watched) / watched.rounds;
  const rateOf = (history: readonly number[]): number => {
    const ms = (gate.readings.at(-1)?.atMs ?? 0) - (gate.readings[0]?.atMs ?? 0);
    return ((history.at(-1) ?? 0) - (history[0] ?? 0)) / Math.max(1, ms);
  };
  const entries = Math.max(
    0,
    ...[...gate.rising.classes, ...gate.rising.containers].map(({ history }) => rateOf(history)),
  );
  const bytes = (known.find(({ of }) => of === heapMemory)?.slope.estimate ?? 0) / 1000;
  const neededMs = entries > 0 ? enough.entries / entries : watched.end === 'creeps' ? enough.bytes / bytes : roundMs;
  const mostMs = Math.max(mostTimes * roundMs, allowedMs / 2 / rounds);
  return Math.max(1, Math.ceil(Math.min(neededMs, mostMs) / Math.max(1, roundMs)));
};

/** The snapshots of one search, and the readings taken between them. */
interface Captures {
  readonly files: readonly string[];
  readonly readings: readonly ProcessReading[];
  first(): Promise<void>;
  /** Ends a round: reads the process, takes a snapshot, counts the collections that are followed. */
  next(): Promise<void>;
  compare(): Promise<LeakReport>;
}

const createCaptures = (folder: string, looking: Looking, watched: Watched, options: SearchOptions): Captures => {
  const { attachment, io } = looking;
  const files: string[] = [];
  const readings: ProcessReading[] = [];
  const heapBytes = watched.gate.readings.map((reading) => reading.heapBytes);
  const followed = followCollections(looking.census, watched.gate);
  // a snapshot stops the target, so a round is the time from the end of one to the start of the next
  const roundMs: number[] = [];
  let roundStart = 0;
  const snapshot = async (): Promise<void> => {
    const file = join(folder, `${String(files.length + 1).padStart(2, '0')}.heapsnapshot`);
    const count = Math.max(files.length, options.rounds) + 1;
    const progress = (text: string): void => io.progress(`3/4 snapshot ${files.length + 1} of ${count}: ${text}`);
    const warn = files.length === 0 ? io.warn : progress; // its cost is stated only once
    const { force, redact } = options;
    await takeSnapshot(attachment, file, { force, more: true, redact }, { ...io, progress, warn });
    files.push(file);
    roundStart = performance.now();
  };
  return {
    files,
    readings,
    first: snapshot,
    next: async () => {
      roundMs.push(performance.now() - roundStart);
      const reading = await looking.readings.read();
      readings.push(reading);
      heapBytes.push(reading.heapUsedBytes);
      await snapshot();
      await followed.count();
      roundStart = performance.now();
    },
    compare: async () => {
      const sizes = followed.sizes();
      const known: AnalyseOptions = options.byTime ? { heapBytes, sizes, roundWork: roundMs } : { heapBytes, sizes };
      const worker = new URL('snapshot-files-worker.js', import.meta.url);
      const thread = { signal: io.signal, onProgress: (text: string): void => io.progress(`4/4 ${text}`) };
      return (await answerOfThread(worker, { files, options: known }, thread)) as LeakReport;
    },
  };
};

/** Collections that rose in each round of the gate, followed on through the rounds between snapshots. */
interface Followed {
  /** Counts again, if there is anything to follow, and drops what did not rise. */
  count(): Promise<void>;
  sizes(): CollectionSizes[];
}

const followCollections = (census: Census, { rising }: Gate): Followed => {
  let followed = rising.containers.map(({ container, history }) => ({
    id: container.id,
    heapId: container.heapId,
    sizes: [...history],
  }));
  return {
    async count() {
      if (followed.length === 0) return;
      const { containers } = await census.count({ idsFor: 50 });
      followed = followed.flatMap(({ id, sizes }) => {
        const now = containers.find((one) => one.id === id);
        const rises = now !== undefined && now.size > (sizes.at(-1) ?? 0);
        return rises ? [{ id, heapId: now.heapId, sizes: [...sizes, now.size] }] : [];
      });
    },
    sizes: () => followed.flatMap(({ heapId, sizes }) => (heapId === null ? [] : [{ heapId, sizes }])),
  };
};
