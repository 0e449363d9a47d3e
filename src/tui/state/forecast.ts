/**
 * Whether memory grows steadily, and when it reaches its limit. In: readings. Out: a rate and a time, or nothing if the
 * growth is not steady. Used memory rises and falls with every garbage collection, so only its floor is used: the
 * lowest figure in each of several equal stretches of time. Pure.
 */
import type { Reading } from '../../analyzer/model/reading.js';

export interface Forecast {
  readonly what: 'heap' | 'rss';
  readonly bytesPerSecond: number;
  /** The time over which the floor was fitted. */
  readonly overSeconds: number;
  readonly limitBytes: number | undefined;
  /** undefined if no limit is known. */
  readonly secondsToLimit: number | undefined;
}

const stretches = 6;
const leastSeconds = 20;
/** Share of the floor's variation that a straight line must explain. */
const leastFit = 0.8;
/** 3.6 MB an hour: in the few minutes that are read, slower growth cannot be distinguished from chance. */
const leastBytesPerSecond = 1024;

/** The growth that reaches its limit first; undefined if nothing grows steadily. */
export const forecastOf = (readings: readonly Reading[]): Forecast | undefined => {
  const heap = steadyGrowth(readings, (reading) => reading.heap.usedBytes);
  const rss = steadyGrowth(readings, (reading) => reading.rssBytes);
  const last = readings.at(-1);
  if (last === undefined) return undefined;
  const found = [
    ...(heap === undefined ? [] : [limited('heap', heap, last.heap.usedBytes, last.heap.limitBytes)]),
    ...(rss === undefined
      ? []
      : [limited('rss', rss, last.cgroup?.usedBytes ?? last.rssBytes, last.cgroup?.limitBytes)]),
  ];
  return found.sort((a, b) => (a.secondsToLimit ?? Infinity) - (b.secondsToLimit ?? Infinity))[0];
};

interface Growth {
  readonly bytesPerSecond: number;
  readonly overSeconds: number;
}

const limited = (what: Forecast['what'], growth: Growth, used: number, limitBytes: number | undefined): Forecast => ({
  what,
  ...growth,
  limitBytes,
  secondsToLimit: limitBytes === undefined ? undefined : Math.max(0, (limitBytes - used) / growth.bytesPerSecond),
});

const steadyGrowth = (readings: readonly Reading[], figure: (reading: Reading) => number): Growth | undefined => {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const overSeconds = (last.timeMs - first.timeMs) / 1000;
  if (overSeconds < leastSeconds || readings.length < 2 * stretches) return undefined;
  const floor = floorOf(readings, figure);
  const { slope, fit } = straightLine(floor);
  return slope >= leastBytesPerSecond && fit >= leastFit ? { bytesPerSecond: slope, overSeconds } : undefined;
};

/** The lowest figure of each stretch, with the time at which it was read. */
const floorOf = (readings: readonly Reading[], figure: (reading: Reading) => number): [number, number][] => {
  const size = readings.length / stretches;
  return Array.from({ length: stretches }, (_, at) => {
    const part = readings.slice(Math.floor(at * size), Math.floor((at + 1) * size));
    const lowest = part.reduce((low, reading) => (figure(reading) < figure(low) ? reading : low));
    return [lowest.timeMs / 1000, figure(lowest)];
  });
};

/** Least squares: slope, and the share of the variation that it explains (r squared). */
const straightLine = (points: readonly [number, number][]): { slope: number; fit: number } => {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
    yy += (y - meanY) ** 2;
  }
  return xx === 0 || yy === 0 ? { slope: 0, fit: 0 } : { slope: xy / xx, fit: xy ** 2 / (xx * yy) };
};
