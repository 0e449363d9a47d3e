/**
 * How many rounds pass between two snapshots of a search, so that slow growth adds enough to be seen in each, and fast growth
 * takes no longer than it must. In: what a watch has read. Out: a number of rounds, or a half. Pure.
 */
import { arrayBuffers, objectBytes } from './readings/bounds.js';
import { heapMemory } from './readings/counters.js';
import { risesEvenly, type Gate } from './readings/gate.js';
import { watchedMs, type Watch } from './watch-report.js';

export interface WatchedRounds extends Watch {
  readonly gate: Gate;
  /** The rounds that were watched. */
  readonly rounds: number;
  /** Why the watch ended. */
  readonly end: string;
}

const mostTimes = 6;

/** `searchRounds`: the rounds that the search will make, each as long as this function returns. */
export const roundsPerSnapshot = (watched: WatchedRounds, searchRounds: number): number => {
  const times = Math.max(roundsBetweenRises(watched), roundsUntilSeen(watched, searchRounds));
  const isHalf = risesEvenly(watched.gate.rising) && msUntilCounted(watched, plenty) <= msOfRound(watched) / 2;
  return isHalf && times === 1 ? 0.5 : times;
};

/** So many entries in a round are no chance, and rounds of a few entries more or less are still alike. */
const plenty = 30;

/** A rise smaller than this share of the whole gain does not count as a step of the growth. */
const leastStep = 0.1;

/**
 * How many rounds it takes for the heap, or for Buffers that are proved to grow, to rise again, going by the longest pause so
 * far. What grows every nine seconds does not grow in each round of five.
 */
const roundsBetweenRises = (watched: WatchedRounds): number => {
  const { readings, heapBytes, gate, known } = watched;
  if (readings.length < heapBytes.length + 3) return 1;
  const buffersGrow = known.some(({ of, state }) => of === arrayBuffers && (state === 'grows' || state === 'creeps'));
  return Math.max(
    gate.rising.heap || gate.rising.external || risesEvenly(gate.rising)
      ? 1
      : roundsBetween(watched, readings.map(objectBytes)), // or the gate saw it rise in each round
    buffersGrow ? roundsBetween(watched, readings.map(({ arrayBuffersBytes }) => arrayBuffersBytes)) : 1, // prettier-ignore
  );
};

/** A reading counts as the lowest from there on: what is above that did not stay. */
const roundsBetween = (watched: WatchedRounds, history: readonly number[]): number => {
  const { readings, rounds } = watched;
  const floors = lowestFrom(history);
  const step = leastStep * gainOf(floors);
  let [longestMs, roseMs] = [0, readings[0]?.atMs ?? 0];
  for (const [i, { atMs }] of readings.entries()) {
    const rises = i > 0 && (floors[i] ?? 0) - (floors[i - 1] ?? 0) >= step;
    longestMs = Math.max(longestMs, atMs - roseMs);
    if (rises) roseMs = atMs;
  }
  return Math.min(mostTimes, Math.max(1, Math.ceil((longestMs * rounds) / watchedMs(watched))));
};

const lowestFrom = (history: readonly number[]): number[] => {
  const lowest: number[] = [];
  for (const value of history.toReversed()) lowest.push(Math.min(value, lowest.at(-1) ?? Infinity));
  return lowest.toReversed();
};

/** How many rounds it takes for slow growth to add enough. The search may take half as long as the watch was allowed. */
const roundsUntilSeen = (watched: WatchedRounds, searchRounds: number): number => {
  const roundMs = msOfRound(watched);
  const mostMs = Math.max(mostTimes * roundMs, watched.allowedMs / 2 / searchRounds);
  const wantedMs = Math.min(msUntilSeen(watched) ?? roundMs, mostMs);
  return Math.max(1, Math.ceil(wantedMs / Math.max(1, roundMs)));
};

/** What a round must add to be more than chance: this many entries, or if nothing was counted, this many bytes. */
const enough = { entries: 6, bytes: 4096 };

const msOfRound = (watched: WatchedRounds): number => watchedMs(watched) / watched.rounds;

/** How long the growth that was seen takes to add enough; undefined if one round is enough. */
const msUntilSeen = (watched: WatchedRounds): number | undefined => {
  const { known, end } = watched;
  const countedMs = msUntilCounted(watched, enough.entries);
  if (countedMs < Infinity) return countedMs;
  if (end !== 'creeps') return undefined;
  const bytesPerSecond = known.find(({ of }) => of === heapMemory)?.slope.estimate ?? 0;
  return (enough.bytes / bytesPerSecond) * 1000;
};

/** How long what was counted takes to gain so many entries; Infinity if it gained none. */
const msUntilCounted = ({ gate }: WatchedRounds, entries: number): number => {
  const { classes, containers } = gate.rising;
  const gained = Math.max(0, ...[...classes, ...containers].map(({ history }) => gainOf(history)));
  const countedMs = Math.max(1, (gate.readings.at(-1)?.atMs ?? 0) - (gate.readings[0]?.atMs ?? 0));
  return gained > 0 ? entries / (gained / countedMs) : Infinity;
};

const gainOf = (history: readonly number[]): number => (history.at(-1) ?? 0) - (history[0] ?? 0);
