/**
 * Tests growth repeatedly while readings come in; each look at the readings is a chance to be wrong. In: readings so far.
 * Out: whether a look is due, and the slope with bounds that hold for all looks together.
 *
 * - The slope is taken of floors: a window's floor is its lowest reading, which is steadier than the readings, because the
 *   program's temporary memory is above it. Floors of windows are also less correlated than consecutive readings.
 * - The allowed error is divided among the looks: 1/2, 1/6, 1/12… of it, which add up to one (alpha spending
 *   after Lan and DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983)).
 */
import type { Slope } from '../../model/bounds.js';
import { computeSlope, estimateSlope, type Point } from './slope.js';

/** The share of all watches that may end with a true slope outside of the bounds. */
export const allowedError = 0.05;

/** Errors of readings less than this apart are alike. If readings are far apart, fewer are needed. */
const windowSeconds = 3.5;
const fewestInWindow = 3;
export const fewestWindows = 7;
const maxWindows = 20;
/** A look after only a few more readings says nothing new, but uses up part of the allowed error. */
const timesTheReadings = 1.25;

/** With fewer readings than this, no statement is made. */
export const readingsOfFirstLook = 28;

/** The number of readings at each look, up to `count` of them. */
const sizesOfLooks = (count: number): number[] => {
  const sizes: number[] = [];
  for (let size = readingsOfFirstLook; size <= count; size = Math.ceil(size * timesTheReadings)) sizes.push(size);
  return sizes;
};

/** Whether there are exactly as many readings as a look requires. */
export const isLookDue = (count: number): boolean => sizesOfLooks(count).at(-1) === count;

/**
 * The slope at the last look that was due; later points wait for the next look. When the time is over there is one more, at
 * all points: its bounds and those of the last look hold together.
 */
export const slopeAtLook = (points: readonly Point[], isOver = false): Slope => {
  const sizes = sizesOfLooks(points.length);
  const size = sizes.at(-1);
  const last = size === undefined ? computeSlope(points, 0) : lookAt(points.slice(0, size), sizes.length);
  if (!isOver || size === points.length) return last;
  const { estimate, low, high } = lookAt(points, sizes.length + 1);
  return { estimate, low: Math.max(low, last.low), high: Math.min(high, last.high) };
};

const lookAt = (points: readonly Point[], look: number): Slope => {
  const floors = floorsOf(points);
  return computeSlope(atMiddles(floors, estimateSlope(floors)), allowedError / (look * (look + 1)));
};

/**
 * The floors, moved along the slope to the middles of their windows: floors of neighbours can be a second apart, and a step
 * of the allocator between them would look like megabytes a second.
 */
const atMiddles = (floors: readonly Floor[], slope: number): Point[] =>
  floors.map(({ x, y, middle }) => ({ x: middle, y: y + slope * (middle - x) }));

export interface Floor extends Point {
  /** The middle of the window. */
  readonly middle: number;
}

/** The lowest reading of each window; at most `most` windows. `x` is in seconds. */
export const floorsOf = (points: readonly Point[], most = maxWindows): Floor[] => {
  const seconds = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0);
  const inTime = (seconds * points.length) / Math.max(1, points.length - 1) / windowSeconds;
  const fit = Math.floor(Math.min(points.length / fewestInWindow, inTime + 0.01));
  const windows = Math.min(points.length, Math.max(fewestWindows, Math.min(most, fit)));
  return Array.from({ length: windows }, (_, window) => {
    const from = Math.round((window * points.length) / windows);
    const inside = points.slice(from, Math.round(((window + 1) * points.length) / windows));
    const lowest = inside.reduce((least, point) => (point.y < least.y ? point : least));
    return { ...lowest, middle: ((inside[0]?.x ?? 0) + (inside.at(-1)?.x ?? 0)) / 2 };
  });
};
