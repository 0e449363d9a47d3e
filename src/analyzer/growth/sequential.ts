/**
 * Readings are looked at again and again while they come in, and each look is a chance to be wrong. In: readings so far.
 * Out: whether a look is due, and the slope with bounds that hold over all looks together.
 *
 * - A window's floor (its least reading) is steadier than its readings: what the program works with comes and goes above
 *   it. Floors of a few windows are also less alike than readings that follow each other.
 * - The share of error that is allowed is spent over the looks: 1/2, 1/6, 1/12… of it, which add up to one (alpha spending
 *   after Lan and DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983)).
 */
import type { Slope } from '../model/bounds.js';
import { computeSlope, type Point } from './slope.js';

/** Of all watches, so many may end with a true slope outside of the bounds. */
export const allowedError = 0.05;

const readingsPerWindow = 5;
const fewestWindows = 7;
const mostWindows = 10;
/** A look at a few readings more says nothing new, and costs its share of the error. */
const timesTheReadings = 1.25;

/** With fewer readings than this nothing is said. */
export const readingsOfFirstLook = 28;

/** How many readings each look takes, up to `count` of them. */
const sizesOfLooks = (count: number): number[] => {
  const sizes: number[] = [];
  for (let size = readingsOfFirstLook; size <= count; size = Math.ceil(size * timesTheReadings)) sizes.push(size);
  return sizes;
};

/** Whether there are exactly as many readings as a look takes. */
export const isLookDue = (count: number): boolean => sizesOfLooks(count).at(-1) === count;

/** The slope at the last look that was due; points that came later wait for the next one. */
export const slopeAtLook = (points: readonly Point[]): Slope => {
  const sizes = sizesOfLooks(points.length);
  const size = sizes.at(-1);
  const error = allowedError / (sizes.length * (sizes.length + 1));
  return size === undefined ? computeSlope(points, 0) : computeSlope(floorsOf(points.slice(0, size)), error);
};

/** The least reading of each window. */
export const floorsOf = (points: readonly Point[]): Point[] => {
  const fit = Math.floor(points.length / readingsPerWindow);
  const windows = Math.min(points.length, Math.max(fewestWindows, Math.min(mostWindows, fit)));
  return Array.from({ length: windows }, (_, window) => {
    const from = Math.round((window * points.length) / windows);
    const inside = points.slice(from, Math.round(((window + 1) * points.length) / windows));
    return inside.reduce((least, point) => (point.y < least.y ? point : least));
  });
};
