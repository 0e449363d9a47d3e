/**
 * What a recording says in a few figures. In: one series. Out: its peaks, how fast its memory grows with the uncertainty
 * of that, and when the first limit would be reached. Growth is that of the floor: the least reading of each of a few
 * windows, because what a program works with comes and goes above it.
 */
import { allowedError, floorsOf } from '../growth/readings/sequential.js';
import { computeSlope } from '../growth/readings/slope.js';
import type { Slope } from '../model/bounds.js';
import type { MemoryForecast } from '../model/memory.js';
import type {
  RecordedReading,
  RecordedSeries,
  Recording,
  RecordingSummary,
  SeriesSummary,
} from '../model/recording.js';
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
  const rss = growthOf(readings, ({ rssBytes }) => rssBytes);
  const heap = growthOf(readings, ({ heapUsedBytes }) => heapUsedBytes);
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
    rssPerSecond: bounded(rss),
    heapPerSecond: bounded(heap),
    forecast: last === undefined ? null : forecastOf(last, rss, heap),
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

const growthOf = (readings: readonly RecordedReading[], of: (reading: RecordedReading) => number): Slope =>
  computeSlope(floorsOf(readings.map((reading) => ({ x: reading.timeMs / 1000, y: of(reading) }))), allowedError);

/** JSON knows no infinity. */
const bounded = ({ estimate, low, high }: Slope): SeriesSummary['rssPerSecond'] => ({
  estimate,
  low: Number.isFinite(low) ? low : null,
  high: Number.isFinite(high) ? high : null,
});

const forecastOf = (last: RecordedReading, rss: Slope, heap: Slope): MemoryForecast | null => {
  const { cgroupLimitBytes, cgroupUsedBytes, rssBytes, heapLimitBytes, heapUsedBytes } = last;
  const limits = [
    { of: "V8's heap limit", slope: heap, left: heapLimitBytes - heapUsedBytes },
    ...(cgroupLimitBytes === null
      ? []
      : [{ of: 'the memory cgroup', slope: rss, left: cgroupLimitBytes - (cgroupUsedBytes ?? rssBytes) }]),
  ];
  const forecasts = limits
    .filter(({ slope }) => slope.low > 0 && Number.isFinite(slope.high)) // proved to grow
    .map(({ of, slope, left }) => {
      const [seconds, lowSeconds, highSeconds] = [slope.estimate, slope.high, slope.low].map(
        (rate) => Math.max(0, left) / rate,
      );
      return { of, bytesPerSecond: slope.estimate, seconds, lowSeconds, highSeconds } as MemoryForecast;
    });
  return forecasts.toSorted((a, b) => a.seconds - b.seconds)[0] ?? null;
};
