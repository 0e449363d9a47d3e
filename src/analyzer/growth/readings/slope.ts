/**
 * How fast a figure grows, with its uncertainty: the Theil-Sen slope and the distribution-free confidence interval of Sen,
 * "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968). In: points. Out: the slope per unit of
 * `x`, and its bounds.
 *
 * The errors of memory readings are not normally distributed: readings jump between levels. Kendall's S only compares which
 * of two readings is higher, so a jump of 300 KB weighs as much as one of 3 KB. Consecutive readings are correlated, so S
 * varies more than it would by chance alone: the bounds are widened for that, following Hamed and Rao, "A modified
 * Mann-Kendall trend test for autocorrelated data", Journal of Hydrology 204 (1998), using the autocorrelation at lag 1.
 */
import type { Slope } from '../../model/bounds.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

const unknown = (estimate: number): Slope => ({ estimate, low: -Infinity, high: Infinity });

/**
 * `alpha`: the probability that the true slope lies outside the bounds, such as 0.05. With too few points for that, the
 * bounds are infinite.
 */
export const computeSlope = (points: readonly Point[], alpha: number): Slope => {
  const slopes = pairSlopes(points);
  if (slopes.length === 0) return unknown(0);
  const estimate = medianOf(slopes);
  const accepted = acceptedS(points.length, alpha);
  if (accepted === undefined) return unknown(estimate);
  const widest = slopes.length - 2;
  const widened = Math.min(widest, accepted * Math.sqrt(inflation(points, estimate)));
  const below = Math.max(0, Math.floor((slopes.length - widened) / 2) - 1);
  return { estimate, low: slopes[below] ?? -Infinity, high: slopes[slopes.length - 1 - below] ?? Infinity };
};

/** The Theil-Sen slope alone; 0 for fewer than two points. */
export const estimateSlope = (points: readonly Point[]): number => {
  const slopes = pairSlopes(points);
  return slopes.length === 0 ? 0 : medianOf(slopes);
};

/** The slopes between every two points, sorted. */
const pairSlopes = (points: readonly Point[]): number[] =>
  points
    .flatMap((a, i) => points.slice(i + 1).flatMap((b) => (a.x === b.x ? [] : [(b.y - a.y) / (b.x - a.x)])))
    .sort((a, b) => a - b);

export const medianOf = (sorted: readonly number[]): number => {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
};

/**
 * The largest |S| that is still accepted: P(S > it) <= alpha / 2. undefined if even the most extreme S is more probable
 * than that.
 */
const acceptedS = (count: number, alpha: number): number | undefined => {
  const chances = chancesOfInversions(count);
  const pairs = chances.length - 1;
  let tail = 0;
  for (let inversions = 0; inversions <= pairs; inversions++) {
    tail += chances[inversions] ?? 0; // few inversions: S is large
    if (tail > alpha / 2) return inversions === 0 ? undefined : pairs - 2 * inversions;
  }
  return undefined;
};

/** For a random order: the probability that 0, 1, 2… pairs are in the wrong order. S = pairs - 2 * inversions. */
const chancesOfInversions = (count: number): number[] => {
  let chances = [1];
  for (let n = 2; n <= count; n++) {
    const next = Array.from({ length: chances.length + n - 1 }, () => 0);
    chances.forEach((chance, at) => {
      for (let more = 0; more < n; more++) next[at + more] = (next[at + more] ?? 0) + chance / n;
    });
    chances = next;
  }
  return chances;
};

/** How much more S varies than it would between independent points: 1 if neighbours are not correlated. */
const inflation = (points: readonly Point[], slope: number): number => {
  const n = points.length;
  // an estimate from few points is too low by 1 / n
  const alike = Math.max(0, firstLag(ranksOf(points.map(({ x, y }) => y - slope * x))) + 1 / n);
  return 1 + (2 * (n - 3) * alike) / n;
};

const ranksOf = (values: readonly number[]): number[] => {
  const sorted = values.toSorted((a, b) => a - b);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
};

const firstLag = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const from = values.map((value) => value - mean);
  const square = from.reduce((sum, value) => sum + value * value, 0);
  if (square === 0) return 0;
  return from.slice(1).reduce((sum, value, i) => sum + value * (from[i] ?? 0), 0) / square;
};
