/**
 * Watches a target: rounds of its own work, with frequent readings of the whole process and occasional counts of
 * objects, until something is seen to rise, everything is known precisely enough, or the time is up. In: a target. Out:
 * what is known, and why the watch ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attachment } from '../agent/attach/attach.js';
import type { Census } from '../agent/capture/census.js';
import type { ProcessReadings } from '../agent/capture/process-readings.js';
import { readDescriptorKinds } from '../agent/process/counts.js';
import { sampleSurvivors } from '../agent/capture/survivors.js';
import { computeBounds } from '../analyzer/growth/readings/bounds.js';
import { nativeMemory, settlesLater } from '../analyzer/growth/readings/counters.js';
import { anyRises, findRisingLately, type Gate, type GateReading } from '../analyzer/growth/readings/gate.js';
import { readingsOfFirstLook } from '../analyzer/growth/readings/sequential.js';
import { didWork, watchedMs, type Watch } from '../analyzer/growth/watch-report.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import type { SurvivorSite } from '../analyzer/model/survivors.js';
import type { Progress } from '../progress.js';
import type { Round } from './rounds.js';

/** What a watch works with. */
export interface Looking {
  readonly attachment: Attachment;
  readonly census: Census;
  readonly readings: ProcessReadings;
  readonly round: Round;
  readonly io: Progress;
  /** Garbage is collected before each reading. */
  readonly collects: boolean;
}

export interface WatchOptions {
  /** Rounds whose objects are counted before anything may be reported as rising. */
  readonly gateRounds: number;
  /**
   * `rise`: the watch ends as soon as classes and collections rise, or anything is proved to grow by however little;
   * `late rise`: only if they rise over many counts, after a search that found nothing; `proof`: neither.
   */
  readonly endsOn: 'rise' | 'late rise' | 'proof';
  /** Samples the allocations of the rounds that stay alive. */
  readonly sampled: boolean;
  readonly allowedMs: number;
}

export interface Watched extends Watch {
  readonly gate: Gate;
  readonly end: 'rises' | 'grows' | 'creeps' | 'known' | 'time' | 'interrupted';
  readonly rounds: number;
  /** At the start, and at the end of each round. */
  readonly roundReadings: readonly ProcessReading[];
  /** Kinds of file descriptors of which there are more than at the start, most first. */
  readonly descriptors: readonly DescriptorGain[];
}

export interface DescriptorGain {
  readonly kind: string;
  readonly count: number;
}

/** No growth is ruled out before this time: what happens every ten seconds has then happened twice. */
const leastWatchMs = 20_000;
/** Readings may stop the target for at most one twentieth of its time. */
const timesTheReading = 20;
const tickMs = 700;

export const watchTarget = async (looking: Looking, options: WatchOptions): Promise<Watched> => {
  const { attachment, round, io } = looking;
  const notes = await takeNotes(looking, options);
  const tick = (): number => tickOf(looking.readings.lastMs, options.allowedMs);
  let finish: (() => Promise<SurvivorSite[]>) | undefined;
  let end: Watched['end'] | undefined;
  let rounds = 0;
  while (end === undefined) {
    rounds++;
    end = await untilInterrupted(io, async () => {
      await lookDuring(round(`2/4 what grows, round ${rounds}`), notes.look, tick);
      await notes.endRound(rounds <= options.gateRounds);
      const gained = expectedGrowth(notes.watch().heapBytes, options.gateRounds);
      if (options.sampled && rounds === 1) finish = await sampleSurvivors(attachment, gained, looking.collects);
    });
    if (end === undefined && rounds >= options.gateRounds)
      end = endOf(notes.watch(), options, rises(notes.counts, options));
  }
  const gate = { ...findRisingLately(notes.counts), sites: (await finish?.()) ?? [] };
  const descriptors = gainsOf(notes.descriptors, descriptorsOf(attachment));
  return { ...notes.watch(), gate, end, rounds, roundReadings: notes.roundReadings, descriptors };
};

/** A search that found nothing is repeated only if this many counts show what it could not see. */
const countsOfLateRise = 6;

const rises = (counts: readonly GateReading[], { endsOn }: WatchOptions): boolean =>
  endsOn !== 'proof' &&
  (endsOn === 'rise' || counts.length >= countsOfLateRise) &&
  anyRises(findRisingLately(counts).rising);

/** Ctrl-C ends a watch, and what is known by then is reported. */
const untilInterrupted = async (
  { signal }: Progress,
  work: () => Promise<void>,
): Promise<'interrupted' | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    throw error;
  }
};

const descriptorsOf = ({ pid }: Attachment): ReadonlyMap<string, number> =>
  pid === undefined ? new Map() : readDescriptorKinds(pid);

const gainsOf = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): DescriptorGain[] =>
  [...after]
    .map(([kind, count]) => ({ kind, count: count - (before.get(kind) ?? 0) }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);

/** What was read so far. */
interface Notes {
  /** Kinds of file descriptors at the start. */
  readonly descriptors: ReadonlyMap<string, number>;
  readonly counts: readonly GateReading[];
  readonly roundReadings: readonly ProcessReading[];
  look(): Promise<void>;
  /** Reads the process; counts objects if the caller asks for it, or if it is time for it. */
  endRound(counts: boolean): Promise<void>;
  watch(): Watch;
}

const takeNotes = async (
  { attachment, readings, census, io, collects }: Looking,
  { allowedMs }: WatchOptions,
): Promise<Notes> => {
  const taken: ProcessReading[] = [];
  const counts: GateReading[] = [];
  const roundReadings: ProcessReading[] = [];
  const look = async (): Promise<void> => void taken.push(await readings.read());
  const count = async ({ heapUsedBytes, externalBytes, atMs }: ProcessReading): Promise<ProcessReading> => {
    io.progress(`2/4 counting objects, ${counts.length + 1}`);
    counts.push({ atMs, heapBytes: heapUsedBytes, externalBytes, census: await census.count({ idsFor: 0 }) });
    return readings.read(); // what the count itself cost is not the target's work
  };
  const watch = (): Watch => {
    const all = computeBounds(taken, allowedMs);
    const known = collects ? all : all.filter(({ unit, of }) => unit === 'count' || of === nativeMemory);
    const heapBytes = roundReadings.map(({ heapUsedBytes }) => heapUsedBytes);
    return { readings: taken, known, heapBytes, allowedMs, classes: counts[0]?.census.classes.length ?? 0 };
  };
  // the watch begins after the first count, which takes memory in the target and keeps some of it
  const first = await count(await readings.read());
  taken.push(first);
  const silent = first.workers.filter(({ heapUsedBytes }) => heapUsedBytes === null).map(({ title }) => title);
  if (silent.length > 0)
    io.warn(
      `${silent.join(', ')} does not answer (it may wait in Atomics.wait, run native code, or be busy): its heap is not checked`,
    );
  roundReadings.push(first);
  const endRound = async (must: boolean): Promise<void> => {
    const reading = await readings.read();
    taken.push(reading);
    roundReadings.push(reading);
    if (must || isCountDue(reading.atMs - first.atMs, counts.length, allowedMs)) await count(reading);
  };
  return { descriptors: descriptorsOf(attachment), counts, roundReadings, look, endRound, watch };
};

/** More readings than this tell little more, and each leaves some bytes in the target. */
const enoughReadings = 400;

/**
 * The pause between readings: short enough that there are enough readings for the first look even if each takes long.
 */
const tickOf = (lastMs: number, allowedMs: number): number => {
  const usual = Math.max(tickMs, allowedMs / enoughReadings);
  return Math.min(Math.max(usual, timesTheReading * lastMs), Math.max(usual, allowedMs / (readingsOfFirstLook + 4)));
};

/** Looks again and again until the round has passed. */
const lookDuring = async (passing: Promise<void>, look: () => Promise<void>, tick: () => number): Promise<void> => {
  const over = new AbortController();
  const passed = passing.finally(() => over.abort());
  passed.catch(() => {}); // thrown below
  for (;;) {
    await sleep(tick(), undefined, { signal: over.signal }).catch(() => {});
    if (over.signal.aborted) break;
    await look();
  }
  await passed;
};

/** Counts cost more than readings, so the time until the next one doubles with each. */
const isCountDue = (elapsedMs: number, counted: number, allowedMs: number): boolean =>
  elapsedMs > (allowedMs / 16) * 2 ** (counted - 3);

/** What grows by little is searched when this share of the time has passed: warm-up fades meanwhile, a leak does not. */
const creepsShare = 0.5;

const endOf = (watch: Watch, options: WatchOptions, isRising: boolean): Watched['end'] | undefined => {
  if (isRising) return 'rises';
  if (watch.known.some(({ state, of }) => state === 'grows' && !settlesLater(of))) return 'grows';
  const long = watchedMs(watch) >= leastWatchMs && watch.readings.length >= readingsOfFirstLook;
  if (long && (watch.known.every(({ state }) => state === 'excluded') || !didWork(watch))) return 'known';
  const isHalf = watchedMs(watch) >= creepsShare * watch.allowedMs;
  if (options.endsOn === 'rise' && !options.sampled && isHalf && watch.known.some(({ state }) => state === 'creeps'))
    return 'creeps';
  return watchedMs(watch) >= watch.allowedMs ? 'time' : undefined;
};

/** Bytes that the collected heap will gain in this many rounds if it continues at the same rate. */
export const expectedGrowth = (heapBytes: readonly number[], rounds: number): number =>
  (((heapBytes.at(-1) ?? 0) - (heapBytes[0] ?? 0)) / Math.max(1, heapBytes.length - 1)) * rounds;
