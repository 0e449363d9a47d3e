/** Garbage collection and the event loop during a profile, in two lines. In: what was measured. Out: text. */
import type { GcReading, LoopReading } from '../analyzer/model/reading.js';
import { formatCount, formatDuration, formatShare } from './units.js';

/** `garbage collection 3.1% of the time: minor 120 times in 210 ms, major 2 times in 90.0 ms` */
export const renderGc = (gc: readonly GcReading[] | null, durationUs: number): string => {
  if (gc === null) return 'garbage collection: not measured, the target did not answer';
  const all = gc.reduce((sum, { durationUs }) => sum + durationUs, 0);
  const kinds = gc.map(
    ({ kind, count, durationUs }) => `${kind} ${formatCount(count)} in ${formatDuration(Math.round(durationUs))}`,
  );
  if (kinds.length === 0) return 'garbage collection: none';
  return `garbage collection ${formatShare(durationUs > 0 ? all / durationUs : 0)} of the time: ${kinds.join(', ')}`;
};

/** `event loop 84.0% busy, timers late by 1.10 ms on average, p99 12.0 ms, at most 31.0 ms` */
export const renderLoop = (loop: LoopReading | null): string => {
  if (loop === null) return 'event loop: not measured, the target did not answer';
  const busy = `event loop ${formatShare(loop.utilization)} busy`;
  if (loop.delay === null) return `${busy}; no iteration finished`;
  const [mean, p99, max] = [loop.delay.meanUs, loop.delay.p99Us, loop.delay.maxUs].map((us) =>
    formatDuration(Math.round(us)),
  );
  return `${busy}, timers late by ${mean} on average, p99 ${p99}, at most ${max}`;
};
