/** A watch that exists only as numbers. In: how a reading changes with the second. Out: what `watchTarget` would return. */
import { computeBounds } from '#memwatch/analyzer/growth/readings/bounds.js';
import { findRising, type GateReading } from '#memwatch/analyzer/growth/readings/gate.js';
import type { ProcessReading } from '#memwatch/analyzer/model/process-reading.js';
import type { Watched } from '#memwatch/leaks/watch.js';
import { reading } from './check-report.js';

const allowedMs = 60_000;
const secondsPerRound = 10;
const rounds = 4;

export const processReading = (values: Partial<ProcessReading> = {}): ProcessReading => ({
  ...reading(),
  atMs: 0,
  allocatedBytes: 500_000,
  cpuUs: 50_000,
  childrenRssBytes: 0,
  workers: [],
  codeBytes: null,
  ...values,
});

/** One round's count: live objects of the given classes. */
export const gateReading = (
  atMs: number,
  heapBytes: number,
  counts: Readonly<Record<string, number>>,
): GateReading => ({
  atMs,
  heapBytes,
  externalBytes: 0,
  census: {
    classes: Object.entries(counts).map(([name, count]) => ({ name, count, delta: 0 })),
    containers: [],
    pauseUs: 0,
  },
});

/** A target that works and does not grow, unless `change` says otherwise: 40 s in four rounds. */
export const watchedTarget = (
  change: (second: number) => Partial<ProcessReading> = () => ({}),
  values: Partial<Watched> = {},
): Watched => {
  const readings = Array.from({ length: rounds * secondsPerRound + 1 }, (_, second) =>
    processReading({ atMs: second * 1000, ...change(second) }),
  );
  const roundReadings = readings.filter((_, second) => second % secondsPerRound === 0);
  const counts = roundReadings.map(({ atMs, heapUsedBytes }) => gateReading(atMs, heapUsedBytes, { Session: 5 }));
  return {
    readings,
    known: computeBounds(readings, allowedMs),
    heapBytes: roundReadings.map(({ heapUsedBytes }) => heapUsedBytes),
    allowedMs,
    classes: 1,
    gate: { readings: counts, rising: findRising(counts), sites: [] },
    end: 'known',
    cut: undefined,
    rounds,
    roundReadings,
    descriptors: [],
    ...values,
  };
};
