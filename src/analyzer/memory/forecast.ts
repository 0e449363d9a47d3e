/**
 * How fast memory grows, and when it reaches its limit if that goes on: the one forecast, for a recording, `memory --watch`,
 * the live screen and the metrics of `serve`. In: figures over time. Out: the growth of each that is proved to grow.
 *
 * These figures contain garbage, so they rise and fall with every collection. The growth is that of the floor: the lowest
 * figure in each of a few long windows.
 */
import { allowedError, fewestWindows, floorsOf } from '../growth/readings/sequential.js';
import { computeSlope, type Point } from '../growth/readings/slope.js';
import type { Slope } from '../model/bounds.js';
import type { MemoryForecast } from '../model/memory.js';
import type { Reading } from '../model/reading.js';

/** One figure over time. */
export interface Figure {
  readonly of: string;
  /** Bytes by seconds. */
  readonly points: readonly Point[];
  /** How far the last point is from the limit at which the process ends; undefined if no limit is known. */
  readonly leftBytes: number | undefined;
  /** What the points are of, if it is not the use of the limit itself. */
  readonly grows?: string;
}

export interface GrowingFigure extends Figure {
  readonly slope: Slope;
  readonly secondsToLimit: number | undefined;
}

/** In windows of a single reading, one collection more or less would look like growth. */
export const leastReadings = 2 * fewestWindows;

/** Bytes a second, with 95 % bounds; the bounds are infinite while there are too few points. */
export const computeGrowth = (points: readonly Point[]): Slope =>
  computeSlope(floorsOf(points, fewestWindows), points.length < leastReadings ? 0 : allowedError);

/** What the heap gains after the last collection of the whole of it may be garbage: growth is proved up to there. */
export const collectsWholeHeap = ({ gc }: Reading): boolean =>
  gc?.some(({ kind, count }) => kind === 'major' && count > 0) ?? false;

/** The figures that are proved to grow; the one that reaches its limit first comes first. */
export const findGrowing = (figures: readonly Figure[]): GrowingFigure[] =>
  figures
    .map((figure) => ({ ...figure, slope: computeGrowth(figure.points) }))
    .filter(({ slope }) => slope.low > 0)
    .map((figure) => ({ ...figure, secondsToLimit: secondsUntil(figure.leftBytes, figure.slope.estimate) }))
    .toSorted((a, b) => (a.secondsToLimit ?? Infinity) - (b.secondsToLimit ?? Infinity));

const secondsUntil = (leftBytes: number | undefined, rate: number): number | undefined =>
  leftBytes === undefined ? undefined : Math.max(0, leftBytes) / rate;

/** null if nothing that has a limit is proved to grow. */
export const computeForecast = (figures: readonly Figure[]): MemoryForecast | null => {
  const [first] = findGrowing(figures.filter(({ leftBytes }) => leftBytes !== undefined));
  if (first?.leftBytes === undefined || first.secondsToLimit === undefined) return null;
  const { of, slope, secondsToLimit, grows } = first;
  const leftBytes = Math.max(0, first.leftBytes);
  return {
    of,
    ...(grows === undefined ? {} : { grows }),
    bytesPerSecond: slope.estimate,
    seconds: secondsToLimit,
    lowSeconds: leftBytes / slope.high,
    highSeconds: leftBytes / slope.low,
  };
};

/** The used heap, and the RSS, whose limit is that of the cgroup: up to the last collection of the whole heap. */
export const figuresOfProcess = (all: readonly Reading[]): Figure[] => {
  const readings = all.slice(0, 1 + all.findLastIndex(collectsWholeHeap));
  const last = all.at(-1);
  if (last === undefined) return [];
  const pointsOf = (bytesOf: (reading: Reading) => number): Point[] =>
    readings.map((reading) => ({ x: reading.timeMs / 1000, y: bytesOf(reading) }));
  const { heap, cgroup } = last;
  return [
    { of: 'used heap', points: pointsOf((one) => one.heap.usedBytes), leftBytes: heap.limitBytes - heap.usedBytes },
    {
      of: 'RSS',
      points: pointsOf(({ rssBytes }) => rssBytes),
      leftBytes: cgroup === null ? undefined : cgroup.limitBytes - cgroup.usedBytes,
    },
  ];
};
