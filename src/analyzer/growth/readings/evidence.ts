/**
 * Does it grow, for good? In: how much was held at each snapshot, and how many of the last snapshot's entries came in each
 * round and stayed. Out: `grows`; `slows` (grew in every round, but less and less, as a cache does while it fills); or
 * neither.
 *
 * A leak gains in every round, and what it gained stays. So a moving backlog, a cache at its limit, a pool at its size and
 * a sawtooth do not count: their old entries leave, or they stop gaining.
 */
import { sumOf } from '../../model/figures.js';
import { medianOf } from './slope.js';

export type Trend = 'grows' | 'slows' | 'none';

export interface Series {
  /** One figure per snapshot. */
  readonly counts: ArrayLike<number>;
  /** For each snapshot: how many of the last snapshot's entries were first seen in it. */
  readonly stayed: ArrayLike<number>;
}

/** The share of the entries added in a round that must still be there at the end; otherwise things only pass through. */
const minShareThatStays = 0.5;
/** If the last round brought less than this share of the best round, the growth is slowing down. */
const slowing = 0.34;
/** The same limit for growth that never rose from one round to the next; it counts as slowing down sooner. */
const steadilySlowing = 0.6;
/** Sizes have no entries that could be seen to stay, so their gains must be about equal: the smallest at least this share. */
const steady = 0.4;

export const judgeSeries = ({ counts, stayed }: Series, roundWork?: readonly number[]): Trend => {
  const gains = gainsOf(counts);
  const rounds = gains.length;
  if (rounds < 2 || Math.min(...gains) <= 0) return 'none';
  const early = gains.slice(0, -1);
  let stayedEarly = 0;
  for (let round = 1; round < rounds; round++) {
    if (stayed[round] <= 0) return 'none';
    stayedEarly += stayed[round];
  }
  if (stayedEarly < minShareThatStays * sumOf(early)) return 'none';
  return isSlowing(gains, roundWork) ? 'slows' : 'grows';
};

/** The gain of each round. */
export const gainsOf = (counts: ArrayLike<number>): number[] => {
  const gains: number[] = [];
  for (let i = 1; i < counts.length; i++) gains.push(counts[i] - counts[i - 1]);
  return gains;
};

/** The gain from the first figure to the last. */
export const totalGain = (counts: ArrayLike<number>): number => (counts[counts.length - 1] ?? 0) - (counts[0] ?? 0);

/**
 * For sizes in bytes of objects that are replaced as they grow (a string, a buffer): they have no entries to follow, so
 * only gains are judged.
 */
export const judgeBytes = (bytes: ArrayLike<number>, leastBytes: number, roundWork?: readonly number[]): Trend => {
  const gains = gainsOf(bytes);
  if (gains.length < 3 || Math.min(...gains) < leastBytes) return 'none';
  if (isSlowing(gains, roundWork)) return 'slows';
  const rates = ratesOf(gains, roundWork);
  return Math.min(...rates) < steady * Math.max(...rates) ? 'none' : 'grows';
};

/** So many rounds in a row whose rates are alike, the smallest at least this share of the largest, outweigh a faster one before. */
const alike = { rounds: 4, share: 0.75 };

export const isSlowing = (gains: readonly number[], roundWork?: readonly number[]): boolean => {
  const rates = ratesOf(gains, roundWork);
  const last = rates[rates.length - 1];
  if (areAlike(rates.slice(-alike.rounds))) return false;
  return last < slowing * Math.max(...rates) || (neverRises(rates) && last < steadilySlowing * rates[0]);
};

/** The same for rounds of unequal length, of which the longest brings most: the usual round counts, not the best. */
export const isSlowingUnevenly = (gains: readonly number[]): boolean => {
  const [first, last] = [gains[0], gains[gains.length - 1]];
  return (
    last < slowing * medianOf(gains.toSorted((a, b) => a - b)) || (neverRises(gains) && last < steadilySlowing * first)
  );
};

const neverRises = (rates: readonly number[]): boolean => rates.every((rate, i) => i === 0 || rate <= rates[i - 1]);

/** Rates that fall a little from each round to the next are those of a cache that fills slowly. */
const areAlike = (rates: readonly number[]): boolean => {
  const falls = neverRises(rates) && rates[rates.length - 1] < rates[0];
  return rates.length === alike.rounds && !falls && Math.min(...rates) >= alike.share * Math.max(...rates);
};

/** The gain of each round per unit of work; the gains themselves if the work is not known. */
export const ratesOf = (gains: readonly number[], roundWork: readonly number[] | undefined): readonly number[] =>
  roundWork?.length === gains.length ? gains.map((gain, i) => gain / Math.max(1, roundWork[i])) : gains;
