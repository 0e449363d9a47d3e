/**
 * Limits that are checked in addition to leaks. In: what the user or the scenario's module set, and the readings of the
 * rounds. Out: for each limit what was measured, and whether it is exceeded.
 */
import type { CounterReading, LimitName, LimitResult } from '../analyzer/model/check.js';
import { parseBytes, parseDuration, parseNamed } from '../report/quantities.js';
import { heldBytes } from './round-size.js';

/** In bytes; `maxPause` in microseconds. undefined: no limit. */
export interface Limits {
  /** How much the collected heap and external memory may grow in a round, as the median of all rounds. */
  readonly maxGrowth?: number | undefined;
  /** The largest size that the collected heap may have after any round. */
  readonly maxHeap?: number | undefined;
  /** How long one garbage collection may stop the scenario while it works. */
  readonly maxPause?: number | undefined;
  /** How much of the heap may be waste at the end, as `memwatch waste` counts it. */
  readonly maxWaste?: number | undefined;
}

/** As the command line and modules write them: `1mb`, `50ms`, bytes as a number. Throws `bad-argument`. */
export const parseLimits = (written: Readonly<Record<string, string | number | undefined>>, dashes = ''): Limits => ({
  maxGrowth: parseLimit(`${dashes}max-growth`, written['maxGrowth'], parseBytes),
  maxHeap: parseLimit(`${dashes}max-heap`, written['maxHeap'], parseBytes),
  maxPause: parseLimit(`${dashes}max-pause`, written['maxPause'], (text) => parseDuration(text) * 1000),
  maxWaste: parseLimit(`${dashes}max-waste`, written['maxWaste'], parseBytes),
});

/** Reads one limit; an error message names the limit. */
export const parseLimit = (
  name: string,
  written: string | number | undefined,
  parse: (text: string) => number,
): number | undefined => (written === undefined ? undefined : parseNamed(name, String(written), parse));

/** The parts of a reading that have limits. */
type LimitReading = Pick<CounterReading, 'heapUsedBytes' | 'externalBytes' | 'longestGcPauseUs'>;

/**
 * `work` holds the calls between readings; growth is stated for a round of `work[0]` calls. `wastedBytes` is measured only
 * if it has a limit.
 */
export const checkLimits = (
  limits: Limits,
  readings: readonly LimitReading[],
  work: readonly number[],
  wastedBytes = 0,
): LimitResult[] => [
  ...result('max-growth', limits.maxGrowth, middleGrowth(readings, work)),
  ...result('max-heap', limits.maxHeap, Math.max(0, ...readings.map(({ heapUsedBytes }) => heapUsedBytes))),
  ...result('max-pause', limits.maxPause, Math.max(0, ...readings.map((reading) => reading.longestGcPauseUs ?? 0))),
  ...result('max-waste', limits.maxWaste, wastedBytes),
];

const result = (name: LimitName, limit: number | undefined, measured: number): LimitResult[] =>
  limit === undefined ? [] : [{ name, limit, measured: Math.round(measured), exceeded: measured > limit }];

const middleGrowth = (readings: readonly LimitReading[], work: readonly number[]): number => {
  const round = work[0] ?? 1;
  const gains = work.map((calls, i) => {
    const [before, after] = [readings[i], readings[i + 1]];
    return before === undefined || after === undefined ? 0 : ((heldBytes(after) - heldBytes(before)) * round) / calls;
  });
  return gains.sort((a, b) => a - b)[Math.floor((gains.length - 1) / 2)] ?? 0;
};
