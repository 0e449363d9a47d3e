/**
 * What a recording says in a few figures. In: one series. Out: its peaks, how fast its memory grows with the uncertainty
 * of that, and when the first limit would be reached.
 */
import type { Point } from '../growth/readings/slope.js';
import type { Slope } from '../model/bounds.js';
import type { MemoryLimit } from '../model/memory.js';
import type {
  ProcessDifference,
  RecordedReading,
  RecordedSeries,
  Recording,
  RecordingSummary,
  SeriesSummary,
} from '../model/recording.js';
import { findDifferent } from './different.js';
import { computeForecast, computeGrowth, type Figure } from './forecast.js';
import { peakHeapOf, peakRssOf } from './thin-recording.js';

export const summarizeRecording = ({ header, series, marks, cutOff }: Recording, file: string): RecordingSummary => {
  const summaries = series.filter(({ readings }) => readings.length > 0).map(summarizeSeries);
  return {
    schema: 'memwatch/recording@1',
    file,
    startedMs: header.startedMs,
    intervalMs: header.intervalMs,
    series: summaries,
    marks: marks.map(({ timeMs, text }) => ({ timeMs, text })),
    differences: differencesOf(summaries),
    cutOff,
  };
};

const comparedFigures: readonly (readonly [of: ProcessDifference['of'], value: (one: SeriesSummary) => number])[] = [
  ['peak RSS', (one) => one.peakRssBytes],
  ['growth of the heap', (one) => one.heapPerSecond.low ?? 0],
  ['CPU time', (one) => one.cpuUs],
  ['longest delay', (one) => one.longestDelayUs],
];

/** Of main threads: figures of the process are the same in its other threads. */
const differencesOf = (series: readonly SeriesSummary[]): ProcessDifference[] => {
  const mains = series.flatMap(({ thread }, at) => (thread === 'main thread' ? [at] : []));
  return comparedFigures.flatMap(([of, valueOf]) => {
    const values = mains.map((at) => valueOf(series[at]));
    const found = findDifferent(values);
    return found === undefined ? [] : [{ series: mains[found.at], of, value: values[found.at], usual: found.usual }];
  });
};

const summarizeSeries = ({ start, readings, parts, end }: RecordedSeries): SeriesSummary => {
  const { pid, thread, script, nodeVersion } = start;
  const [first, last] = [readings[0], readings.at(-1)];
  const collected = untilCollected(readings);
  return {
    pid,
    thread,
    script,
    nodeVersion,
    readings: readings.length,
    durationUs: ((last?.timeMs ?? 0) - (first?.timeMs ?? 0)) * 1000,
    cpuUs: readings.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    gcUs: readings.reduce((sum, { gcUs }) => sum + (gcUs ?? 0), 0),
    peakRssBytes: highest(readings, peakRssOf),
    peakHeapUsedBytes: highest(readings, peakHeapOf),
    longestDelayUs: highest(readings, ({ delayMaxUs }) => delayMaxUs ?? 0),
    rssPerSecond: bounded(computeGrowth(pointsOf(readings, rssOf))),
    heapPerSecond: bounded(computeGrowth(pointsOf(collected, heapOf))),
    forecast: last === undefined ? null : computeForecast(figuresOf(collected, last)),
    isCollected: collected.length > 0,
    limits: closest(parts.at(-1)?.limits ?? (last === undefined ? [] : limitsOf(last))),
    end: end?.how ?? null,
    history: historyOf(readings),
  };
};

/**
 * The readings up to the last collection of the whole heap: what came after it may be garbage, which is no growth. All, if the
 * recording does not count these collections apart.
 */
const untilCollected = (readings: readonly RecordedReading[]): readonly RecordedReading[] => {
  if (readings.every(({ majorGcCount }) => majorGcCount === undefined)) return readings;
  return readings.slice(0, 1 + readings.findLastIndex(({ majorGcCount }) => (majorGcCount ?? 0) > 0));
};

const mostLimits = 3;

const closest = (limits: readonly MemoryLimit[]): MemoryLimit[] =>
  limits
    .filter(({ limitBytes }) => limitBytes > 0)
    .toSorted((a, b) => b.usedBytes / b.limitBytes - a.usedBytes / a.limitBytes)
    .slice(0, mostLimits);

/** If the parts of the memory were not read. */
const limitsOf = ({ heapLimitBytes, heapUsedBytes, cgroupLimitBytes, cgroupUsedBytes, rssBytes }: RecordedReading): MemoryLimit[] => [
  { of: "V8's heap limit", kind: 'heap', limitBytes: heapLimitBytes, usedBytes: heapUsedBytes },
  ...(cgroupLimitBytes === null ? [] : [{ of: 'the memory cgroup', kind: 'cgroup' as const, limitBytes: cgroupLimitBytes, usedBytes: cgroupUsedBytes ?? rssBytes }]),
]; // prettier-ignore

const mostPoints = 400;

const historyOf = (readings: readonly RecordedReading[]): SeriesSummary['history'] => {
  const stretch = Math.max(1, Math.ceil(readings.length / mostPoints));
  const points: { timeMs: number; rssBytes: number; heapUsedBytes: number }[] = [];
  for (let at = 0; at < readings.length; at += stretch) {
    const some = readings.slice(at, at + stretch);
    points.push({
      timeMs: readings[at].timeMs,
      rssBytes: highest(some, peakRssOf),
      heapUsedBytes: highest(some, peakHeapOf),
    });
  }
  return points;
};

const highest = (readings: readonly RecordedReading[], of: (reading: RecordedReading) => number): number =>
  readings.reduce((most, reading) => Math.max(most, of(reading)), 0);

const rssOf = ({ rssBytes }: RecordedReading): number => rssBytes;
const heapOf = ({ heapUsedBytes }: RecordedReading): number => heapUsedBytes;

const pointsOf = (readings: readonly RecordedReading[], of: (reading: RecordedReading) => number): Point[] =>
  readings.map((reading) => ({ x: reading.timeMs / 1000, y: of(reading) }));

/** JSON knows no infinity. */
const bounded = ({ estimate, low, high }: Slope): SeriesSummary['rssPerSecond'] => ({
  estimate,
  low: Number.isFinite(low) ? low : null,
  high: Number.isFinite(high) ? high : null,
});

const figuresOf = (readings: readonly RecordedReading[], last: RecordedReading): Figure[] => {
  const { cgroupLimitBytes, cgroupUsedBytes, rssBytes, heapLimitBytes, heapUsedBytes } = last;
  const heap = { points: pointsOf(readings, heapOf), leftBytes: heapLimitBytes - heapUsedBytes };
  const cgroup = { of: 'the memory cgroup', points: pointsOf(readings, rssOf) };
  return [
    { of: "V8's heap limit", ...heap },
    ...(cgroupLimitBytes === null ? [] : [{ ...cgroup, leftBytes: cgroupLimitBytes - (cgroupUsedBytes ?? rssBytes) }]),
  ];
};
