/**
 * Readings on a common grid of time, so that several threads and processes share one chart. In: readings, each of which
 * covers the time since the one before. Out: for each step of the grid the highest value, or null if nothing was read then.
 */
import type { RecordedReading, RecordedSeries } from '../model/recording.js';

export interface TimeGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

/** More than a screen has pixels is not seen. */
const mostSteps = 1500;

export const computeGrid = (series: readonly RecordedSeries[], intervalMs: number): TimeGrid => {
  const read = series.filter(({ readings }) => readings.length > 0);
  const startMs = Math.min(...read.map(({ readings }) => readings[0]?.timeMs ?? Infinity));
  const endMs = Math.max(...read.map(({ readings }) => readings.at(-1)?.timeMs ?? 0));
  if (read.length === 0) return { startMs: 0, stepMs: 1, steps: 0 };
  const stepMs = Math.max(intervalMs, Math.ceil((endMs - startMs) / (mostSteps - 1)));
  return { startMs, stepMs, steps: Math.floor((endMs - startMs) / stepMs) + 1 };
};

/** In seconds since 1970. */
export const timesOf = ({ startMs, stepMs, steps }: TimeGrid): number[] =>
  Array.from({ length: steps }, (_, at) => (startMs + at * stepMs) / 1000);

/** A reading that is late by less than this share of its interval leaves no gap. */
const slack = 0.5;

/** The highest value in each step. */
export const onGrid = (
  grid: TimeGrid,
  readings: readonly RecordedReading[],
  valueOf: (reading: RecordedReading) => number | null,
): (number | null)[] => {
  const values = Array.from<number | null>({ length: grid.steps }).fill(null);
  const stepOf = (timeMs: number): number => Math.floor((timeMs - grid.startMs) / grid.stepMs);
  for (const reading of readings) {
    const value = valueOf(reading);
    if (value === null) continue;
    const coversMs = (reading.intervalUs / 1000) * (1 + slack);
    const last = Math.min(grid.steps - 1, stepOf(reading.timeMs));
    const first = Math.max(0, Math.min(last, stepOf(reading.timeMs - coversMs) + 1));
    for (let at = first; at <= last; at++) {
      const isOwn = at === last;
      // what the reading before says of a step stays, unless this one lies in the step, too
      if (values[at] === null || isOwn) values[at] = isOwn ? Math.max(values[at] ?? 0, value) : value;
    }
  }
  return values;
};
