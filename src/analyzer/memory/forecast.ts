/**
 * When the first limit will be reached if the growth in the readings continues. In: readings, oldest first. Out: that limit
 * with a range of times; null if growth is not proved.
 */
import { computeSlope, type Point } from '../growth/readings/slope.js';
import type { MemoryForecast, MemoryReading } from '../model/memory.js';

/** The probability that the true growth lies outside of the range. */
const allowedError = 0.05;

export const computeForecast = (readings: readonly MemoryReading[]): MemoryForecast | null => {
  const last = readings.at(-1);
  const forecasts = (last?.limits ?? []).flatMap(({ of, limitBytes, usedBytes }) => {
    const slope = computeSlope(pointsOf(readings, of), allowedError);
    if (!(slope.low > 0)) return []; // not proved to grow
    const left = Math.max(0, limitBytes - usedBytes);
    const [seconds, lowSeconds, highSeconds] = [slope.estimate, slope.high, slope.low].map((rate) => left / rate);
    return [{ of, bytesPerSecond: slope.estimate, seconds, lowSeconds, highSeconds }] as MemoryForecast[];
  });
  return forecasts.toSorted((a, b) => a.seconds - b.seconds)[0] ?? null;
};

const pointsOf = (readings: readonly MemoryReading[], of: string): Point[] =>
  readings.flatMap(({ timeMs, limits }) => {
    const limit = limits.find((one) => one.of === of);
    return limit === undefined ? [] : [{ x: timeMs / 1000, y: limit.usedBytes }];
  });
