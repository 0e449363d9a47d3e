/**
 * What a recording says in a few figures. In: one series. Out: its peaks, how fast its memory grows with the uncertainty
 * of that, and when the first limit would be reached.
 */
import type { Point } from '../growth/readings/slope.js';
import type { Slope } from '../model/bounds.js';
import type {
  RecordedReading,
  RecordedSeries,
  Recording,
  RecordingSummary,
  SeriesSummary,
} from '../model/recording.js';
import { computeForecast, computeGrowth, type Figure } from './forecast.js';
import { peakHeapOf, peakRssOf } from './thin-recording.js';

export const summarizeRecording = ({ header, series, marks, cutOff }: Recording, file: string): RecordingSummary => ({
  schema: 'memwatch/recording@1',
  file,
  startedMs: header.startedMs,
  intervalMs: header.intervalMs,
  series: series.filter(({ readings }) => readings.length > 0).map(summarizeSeries),
  marks: marks.map(({ timeMs, text }) => ({ timeMs, text })),
  cutOff,
});

const summarizeSeries = ({ start, readings, end }: RecordedSeries): SeriesSummary => {
  const { pid, thread, script, nodeVersion } = start;
  const [first, last] = [readings[0], readings.at(-1)];
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
    heapPerSecond: bounded(computeGrowth(pointsOf(readings, heapOf))),
    forecast: last === undefined ? null : computeForecast(figuresOf(readings, last)),
    end: end?.how ?? null,
    history: historyOf(readings),
  };
};

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
