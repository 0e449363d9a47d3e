/**
 * Watches a target: rounds of its own work, with frequent readings of the whole process and occasional counts of
 * objects, until something is seen to rise, everything is known precisely enough, or the time is up. In: a target. Out:
 * what is known, and why the watch ended.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleSurvivors } from '../agent/capture/survivors.js';
import { isInSnapshots, objectBytes, withKnownBefore, type Known } from '../analyzer/growth/readings/bounds.js';
import { heapMemory, nativeMemory, settlesLater } from '../analyzer/growth/readings/counters.js';
import { gainsOf, isSlowing } from '../analyzer/growth/readings/evidence.js';
import {
  anyRises,
  externalGrowsSteeply,
  findRising,
  findRisingLately,
  gainWithoutMemory,
  risesEvenly,
  type Gate,
  type GateReading,
} from '../analyzer/growth/readings/gate.js';
import { allowedError, readingsOfFirstLook } from '../analyzer/growth/readings/sequential.js';
import { computeSlope } from '../analyzer/growth/readings/slope.js';
import { didWork, watchedMs, type Watch } from '../analyzer/growth/watch-report.js';
import { sumOf } from '../analyzer/model/figures.js';
import type { ProcessReading } from '../analyzer/model/process-reading.js';
import type { SurvivorSite } from '../analyzer/model/survivors.js';
import { MemwatchError } from '../errors.js';
import type { Progress } from '../progress.js';
import { createNotes, type DescriptorGain, type Looking } from './watch-notes.js';

export interface WatchOptions {
  /**
   * Rounds whose objects are counted before anything may be reported as rising. What gains as much in each of two rounds may be
   * reported a round earlier, unless these rounds are all that is known (`sampled`).
   */
  readonly gateRounds: number;
  /**
   * One more round goes before them, while the target may still warm up. It counts only if something rises as much in it as in
   * the rounds after it.
   */
  readonly warmsUp?: boolean;
  /**
   * `rise`: the watch ends as soon as classes and collections rise, or anything is proved to grow by however little;
   * `late rise`: only if they rise over many counts, after a search that found nothing; `proof`: neither.
   */
  readonly endsOn: 'rise' | 'late rise' | 'proof';
  /** Samples the allocations of the rounds that stay alive. */
  readonly sampled: boolean;
  readonly allowedMs: number;
  /** The watch ends then, though not before growth can be ruled out. As `performance.now()`. */
  readonly untilMs?: number;
  /** What was known before a search with snapshots, which this watch follows. */
  readonly before?: BeforeSearch;
}

export interface BeforeSearch {
  readonly known: readonly Known[];
  /** Free memory that the snapshots have left with the target's allocator. */
  readonly keptBytes: number;
}

export interface Cut {
  /** As a clause: `it was interrupted`. */
  readonly why: string;
  /** What snapshots have shown by then. */
  readonly seen: readonly string[];
}

export interface Watched extends Watch {
  readonly gate: Gate;
  /** `open`: nothing grows, as far as is known, but the readings of the heap vary too much to say so. */
  readonly end: 'rises' | 'grows' | 'creeps' | 'open' | 'known' | 'time' | 'cut';
  /** Undefined unless it was cut short. */
  readonly cut: Cut | undefined;
  readonly rounds: number;
  /** At the start, and at the end of each round. */
  readonly roundReadings: readonly ProcessReading[];
  /** Kinds of file descriptors of which there are more than at the start, most first. */
  readonly descriptors: readonly DescriptorGain[];
}

/** No growth is ruled out before this time: what happens every ten seconds has then happened twice. */
const leastWatchMs = 20_000;
/** Readings may stop the target for at most one twentieth of its time. */
const timesTheReading = 20;
const tickMs = 700;

export const watchTarget = async (looking: Looking, options: WatchOptions): Promise<Watched> => {
  const { attachment, round, io } = looking;
  const notes = await createNotes(looking, options.allowedMs);
  const tick = (): number => tickOf(looking.readings.lastMs, options.allowedMs);
  const watchNow = (): Watch => sinceSearch(notes.watch(), options.before);
  let finish: (() => Promise<SurvivorSite[]>) | undefined;
  let end: Watched['end'] | undefined;
  let cut: Cut | undefined;
  let rounds = 0;
  let warmsUp = options.warmsUp === true;
  while (end === undefined) {
    rounds++;
    cut = await untilCut(io, async () => {
      await lookDuring(round(`2/4 what grows, round ${rounds}`), notes.look, tick);
      await notes.endRound(rounds <= options.gateRounds);
      const gained = expectedGrowth(notes.watch().heapBytes, options.gateRounds);
      if (options.sampled && rounds === 1) finish = await sampleSurvivors(attachment, gained, looking.collects);
    });
    const isEven = cut === undefined && rounds > 1 && risesEvenly(findRising(notes.counts));
    const enough = isEven && !options.sampled ? options.gateRounds - 1 : options.gateRounds;
    if (cut !== undefined) end = 'cut';
    else if (rounds >= enough) {
      if (warmsUp && !isEven) {
        notes.forgetFirstRound();
        rounds--;
      } else {
        const isSteep = externalGrowsSteeply(notes.roundReadings);
        end = endOf(watchNow(), options, risingOf(notes.watch(), notes.counts, options), isSteep);
      }
      warmsUp = false;
    }
  }
  const gate = { ...findRisingLately(notes.counts), sites: (await finish?.()) ?? [] };
  const { roundReadings } = notes;
  return { ...watchNow(), gate, end, cut, rounds, roundReadings, descriptors: notes.gainedDescriptors() };
};

/** A search that found nothing is repeated only if this many counts show what it could not see. */
const countsOfLateRise = 6;

/**
 * `surely`: a class or a collection gains about as much in each round, and memory rises with it or many come. Less than that
 * (a heap that falls now and then, a few objects, or objects that come more and more slowly) is seen in two rounds of many programs, and a
 * search that finds nothing leaves free memory in the target that hides growth outside the heap.
 */
type RisingSeen = 'surely' | 'perhaps' | undefined;

const risingOf = (watch: Watch, counts: readonly GateReading[], { endsOn, sampled }: WatchOptions): RisingSeen => {
  if (endsOn === 'proof' || (endsOn === 'late rise' && counts.length < countsOfLateRise)) return undefined;
  const { rising } = findRisingLately(counts);
  if (!anyRises(rising)) return undefined;
  const gains = [...rising.classes, ...rising.containers].map(({ history }) => gainsOf(history));
  const least = rising.heap || rising.external ? 0 : gainWithoutMemory;
  const isSure = gains.some((steps) => sumOf(steps) >= least && !isSlowing(steps)) || (rising.heap && isSteep(watch));
  return isSure || sampled || endsOn === 'late rise' ? 'surely' : 'perhaps';
};

/** What is not counted (closures, strings, waiting promises) shows in the heap alone, which must then rise steadily. */
const isSteep = ({ readings, known }: Watch): boolean => {
  const least = known.find(({ of }) => of === heapMemory)?.least ?? Infinity;
  const points = readings.map((reading) => ({ x: reading.atMs / 1000, y: objectBytes(reading) }));
  return computeSlope(points, allowedError).low >= least;
};

/** What is known when a watch is cut short is reported. */
const untilCut = async ({ signal }: Progress, work: () => Promise<void>): Promise<Cut | undefined> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    const cut = cutOf(error, signal);
    if (cut === undefined) throw error;
    return cut;
  }
};

/** Ctrl-C, and memory or disk that runs short, cut a search short; undefined for other errors, after which there is no report. */
export const cutOf = (error: unknown, signal: AbortSignal): Cut | undefined => {
  if (signal.aborted) return { why: 'it was interrupted', seen: [] };
  const isRoom = error instanceof MemwatchError && error.code === 'no-room';
  return isRoom ? { why: `it could not go on (${error.message})`, seen: [] } : undefined;
};

/** More readings than this tell little more, and each leaves some bytes in the target. */
const enoughReadings = 400;

/**
 * The pause between readings: short enough that there are enough readings for the first look even if each takes long.
 */
const tickOf = (lastMs: number, allowedMs: number): number => {
  const usual = Math.max(tickMs, allowedMs / enoughReadings);
  const most = Math.max(usual, allowedMs / (readingsOfFirstLook + 4) - lastMs);
  return Math.min(Math.max(usual, timesTheReading * lastMs), most);
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

/** What grows by little is searched when this share of the time has passed: warm-up fades meanwhile, a leak does not. */
const creepsShare = 0.5;

const endOf = (
  watch: Watch,
  options: WatchOptions,
  rising: RisingSeen,
  isSteepOutside: boolean,
): Watched['end'] | undefined => {
  if (rising === 'surely') return 'rises';
  if (isSteepOutside || watch.known.some(({ state, of }) => state === 'grows' && !settlesLater(of))) return 'grows';
  const long = watchedMs(watch) >= leastWatchMs && watch.readings.length >= readingsOfFirstLook;
  if (long && (watch.known.every(({ state }) => state === 'excluded') || isIdle(watch))) return 'known';
  const isLate = long && performance.now() > (options.untilMs ?? Infinity);
  const isOver = isLate || watchedMs(watch) >= watch.allowedMs;
  if (options.endsOn !== 'proof' && !options.sampled && (long || isOver) && isHeapOpen(watch)) return 'open';
  const isHalf = watchedMs(watch) >= creepsShare * watch.allowedMs;
  if (rising === 'perhaps' && (isOver || (long && (isHalf || isNativeKnown(watch))))) return 'rises';
  const isTime = isOver || (isHalf && isNativeKnown(watch));
  if (options.endsOn === 'rise' && !options.sampled && isTime && watch.known.some(isForSnapshots)) return 'creeps';
  return isOver ? 'time' : undefined;
};

/** What grows by little; and memory that grows less and less, of which snapshots show whether anything holds it. */
const isForSnapshots = ({ state, of }: Known): boolean =>
  state === 'creeps' || (state === 'slows' && isInSnapshots(of));

/** What grows in a process that hardly works is not over: it may be a job that runs now and then. */
const isIdle = (watch: Watch): boolean => !didWork(watch) && !watch.known.some(({ state }) => state === 'slows');

/** Snapshots say more of the heap than further readings do. They disturb readings of everything else, which comes first. */
const isHeapOpen = (watch: Watch): boolean => {
  const open = watch.known.filter(({ state }) => state !== 'excluded');
  const isOpen = open.every(({ of, state }) => isInSnapshots(of) && (state === 'open' || state === 'creeps'));
  return didWork(watch) && open.length > 0 && isOpen;
};

/** Snapshots leave free memory with the allocator, so this is better known before them. */
const isNativeKnown = ({ known }: Watch): boolean =>
  known.every(({ of, state }) => of !== nativeMemory || state === 'excluded');

const sinceSearch = (watch: Watch, before: BeforeSearch | undefined): Watch =>
  before === undefined
    ? watch
    : { ...watch, known: withKnownBefore(watch.known, before.known, before.keptBytes / (watchedMs(watch) / 1000)) };

/** Bytes that the collected heap will gain in this many rounds if it continues at the same rate. */
export const expectedGrowth = (heapBytes: readonly number[], rounds: number): number =>
  (((heapBytes.at(-1) ?? 0) - (heapBytes[0] ?? 0)) / Math.max(1, heapBytes.length - 1)) * rounds;
