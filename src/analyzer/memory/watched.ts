/**
 * What `memory --watch` remembers of its readings. In: one reading after another. Out: the first and the last one, and a
 * bounded number of points: what each part held, and how much of each limit was used.
 */
import { computeForecast, leastReadings, type Figure } from './forecast.js';
import type { Point } from '../growth/readings/slope.js';
import { sumOf } from '../model/figures.js';
import {
  memoryOwners,
  type MemoryForecast,
  type MemoryLimit,
  type MemoryOwner,
  type MemoryPart,
  type MemoryReading,
  type MemoryWatch,
} from '../model/memory.js';
import { computeParts, totalRss } from './parts.js';

/** The figures of one reading, or the lowest of several readings in a row. */
interface WatchPoint {
  readonly timeMs: number;
  readonly figures: ReadonlyMap<string, number>;
}

export interface Watched {
  readonly first: MemoryReading;
  readonly last: MemoryReading;
  readonly readings: number;
  /** Of the whole time. Each stands for `perPoint` readings, so that all are equally far apart. */
  readonly points: readonly WatchPoint[];
  readonly perPoint: number;
  /** Of the latest readings, one each. */
  readonly recent: readonly WatchPoint[];
}

const mostPoints = 480;
const mostRecent = 60;

const nameOfPart = (owner: MemoryOwner): string => `part ${owner}`;
const nameOfLimit = (of: string): string => `limit ${of}`;

const pointOf = (reading: MemoryReading): WatchPoint => ({
  timeMs: reading.timeMs,
  figures: new Map([
    ...computeParts(reading).map(({ owner, rssBytes }) => [nameOfPart(owner), rssBytes] as const),
    ...reading.limits.map(({ of, usedBytes }) => [nameOfLimit(of), usedBytes] as const),
  ]),
});

export const addReading = (before: Watched | undefined, last: MemoryReading): Watched => {
  const point = pointOf(last);
  if (before === undefined) return { first: last, last, readings: 1, points: [point], perPoint: 1, recent: [point] };
  const isNew = before.readings % before.perPoint === 0;
  const isFull = isNew && before.points.length >= mostPoints;
  const points = isFull ? halve(before.points) : before.points;
  const newest = points.at(-1);
  return {
    first: before.first,
    last,
    readings: before.readings + 1,
    points: isNew || newest === undefined ? [...points, point] : [...points.slice(0, -1), lowerOf(newest, point)],
    perPoint: isFull ? 2 * before.perPoint : before.perPoint,
    recent: [...before.recent, point].slice(-mostRecent),
  };
};

const halve = (points: readonly WatchPoint[]): WatchPoint[] =>
  points.flatMap((point, at) => (at % 2 === 0 ? [lowerOf(point, points[at + 1] ?? point)] : []));

/** A part or a limit that one of them lacks is new, or gone. */
const lowerOf = (earlier: WatchPoint, later: WatchPoint): WatchPoint => ({
  timeMs: later.timeMs,
  figures: new Map(
    [...later.figures].map(([name, bytes]) => [name, Math.min(bytes, earlier.figures.get(name) ?? bytes)]),
  ),
});

/** Growth over the whole time counts; if there is none, growth that began lately does. */
export const forecastOf = ({ points, recent, last }: Watched): MemoryForecast | null =>
  computeForecast(figuresOf(points, last)) ?? computeForecast(figuresOf(recent, last));

/**
 * Each limit of the last reading, with what was used of it over time. Where others use the same limit, their ups and downs
 * can hide that the process grows, so what it takes itself is a second figure.
 */
const figuresOf = (points: readonly WatchPoint[], { limits }: MemoryReading): Figure[] =>
  limits.flatMap(({ of, kind, limitBytes, usedBytes }) => {
    const leftBytes = limitBytes - usedBytes;
    const used = { of, leftBytes, points: pointsOf(points, ({ figures }) => figures.get(nameOfLimit(of))) };
    const own = { of, leftBytes, points: pointsOf(points, ownBytes), grows: 'the process' };
    return sharedLimits.has(kind) ? [used, own] : [used];
  });

const sharedLimits = new Set<MemoryLimit['kind']>(['cgroup', 'cgroup-high', 'host']);

const pointsOf = (points: readonly WatchPoint[], of: (point: WatchPoint) => number | undefined): Point[] =>
  points.flatMap((point) => {
    const y = of(point);
    return y === undefined ? [] : [{ x: point.timeMs / 1000, y }];
  });

/** The kernel can drop the pages of files, so they are not counted. */
const ownBytes = ({ figures }: WatchPoint): number =>
  sumOf(memoryOwners.filter((owner) => !filesOf.has(owner)).map((owner) => figures.get(nameOfPart(owner)) ?? 0));

const filesOf = new Set<MemoryOwner>(['executable and libraries', 'mapped files']);

/** null: there was one reading only. */
export const watchOf = ({ first, last, readings }: Watched): MemoryWatch | null =>
  readings === 1
    ? null
    : {
        sinceMs: first.timeMs,
        seconds: (last.timeMs - first.timeMs) / 1000,
        readings,
        missingReadings: Math.max(0, leastReadings - readings),
        rssDelta: totalRss(last.mappings) - totalRss(first.mappings),
      };

/** The parts, with what each has gained since the first reading, and when it began to. */
export const partsOf = ({ first, last, readings, points, recent }: Watched): MemoryPart[] => {
  if (readings === 1) return computeParts(last);
  const beforeMs = recent[0]?.timeMs ?? 0;
  const all = [...points.filter(({ timeMs }) => timeMs < beforeMs), ...recent];
  return computeParts(last, first).map((part) => ({ ...part, growsSinceMs: growsSince(part, all) }));
};

/** A part that has gained less has not begun to grow. */
const leastGrowth = 2 ** 20;
/** It began to grow when it had gained less than this share of what it has gained now. */
const shareAtBegin = 0.1;

const growsSince = ({ owner, rssBytes, delta }: MemoryPart, points: readonly WatchPoint[]): number | null => {
  if (delta === null || delta < leastGrowth) return null;
  const most = rssBytes - delta * (1 - shareAtBegin);
  const begin = points.findLast(({ figures }) => (figures.get(nameOfPart(owner)) ?? 0) <= most);
  return begin?.timeMs ?? null;
};
