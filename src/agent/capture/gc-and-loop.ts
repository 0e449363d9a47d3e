/**
 * What garbage collection and the event loop did in one thread while it was profiled. In: a session. Out: counts and times
 * by kind, how late timers ran, and the share of time in which the loop was busy, all over the whole duration. Unlike the
 * readings of readings.ts, it also works if the loop never turns. Nothing is stored on the target's globals: the watching
 * objects are held only by the session, until they are stopped or it ends.
 */
import type { IntervalHistogram } from 'node:perf_hooks';
import type { GcReading, LoopReading } from '../../analyzer/model/reading.js';
import { callOn, evaluateRemote, release } from '../session/evaluate.js';
import type { Session } from '../session/protocol.js';

export interface GcAndLoop {
  readonly gc: readonly GcReading[];
  readonly loop: LoopReading;
}

export interface GcAndLoopWatch {
  /** Figures since the start. A target at its end cannot be asked any more: then the last ones read, or undefined. */
  read(): Promise<GcAndLoop | undefined>;
  stop(): Promise<GcAndLoop | undefined>;
}

/**
 * `gc: false` leaves garbage collection out. V8's GCProfiler keeps some kilobytes for each collection until an old
 * GCProfiler is itself collected: reading it again and again makes a small target grow by tens of megabytes.
 */
export const watchGcAndLoop = async (session: Session, { gc = true } = {}): Promise<GcAndLoopWatch> => {
  const watch = await evaluateRemote(session, startWatch, [gc]);
  let last: GcAndLoop | undefined;
  const keep = async (reading: Promise<GcAndLoop>): Promise<GcAndLoop | undefined> =>
    (last = await reading.catch(() => last));
  return {
    read: () => keep(callOn(session, watch, (watch) => watch.read(), [], { timeoutMs: 3000 })),
    stop: async () => {
      const figures = await keep(callOn(session, watch, (watch) => watch.stop(), [], { timeoutMs: 3000 }));
      await release(session, watch);
      return figures;
    },
  };
};

/** Runs in the target. */
// oxlint-disable-next-line max-lines-per-function -- runs in the target: its source is sent as one text
const startWatch = (watchesGc: boolean): { read(): GcAndLoop; stop(): GcAndLoop } => {
  const guard: { builtin: NodeJS.Process['getBuiltinModule'] } | undefined = Reflect.get(
    process,
    Symbol.for('memwatch'),
  );
  const builtin = process.getBuiltinModule?.bind(process) ?? guard?.builtin;
  const { monitorEventLoopDelay, performance } = builtin('node:perf_hooks');
  const { GCProfiler } = builtin('node:v8');
  const resolutionMs = 10;
  let delay: IntervalHistogram | undefined = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const start = performance.eventLoopUtilization();
  const startProfiler = (): InstanceType<typeof GCProfiler> => {
    const profiler = new GCProfiler();
    profiler.start();
    return profiler;
  };
  let profiler = watchesGc ? startProfiler() : undefined;
  const kinds: Record<string, GcReading['kind']> = {
    Scavenge: 'minor',
    MinorMarkCompact: 'minor',
    MinorMarkSweep: 'minor',
    MarkSweepCompact: 'major',
    IncrementalMarking: 'incremental',
    ProcessWeakCallbacks: 'weak callbacks',
  };
  const sums = new Map<GcReading['kind'], { kind: GcReading['kind']; count: number; durationUs: number }>();
  const collect = (): void => {
    for (const { gcType, cost } of profiler?.stop()?.statistics ?? []) {
      const kind = kinds[gcType] ?? 'major';
      const sum = sums.get(kind) ?? { kind, count: 0, durationUs: 0 };
      sum.count++;
      sum.durationUs += cost;
      sums.set(kind, sum);
    }
  };
  /** The histogram holds the time between two timer calls, which includes the delay that they asked for. */
  const lateUs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1000 - resolutionMs * 1000);
  const result = (): GcAndLoop => ({
    gc: [...sums.values()],
    loop: {
      delay:
        delay === undefined || (delay.count === 0 && !(delay.max > 0))
          ? null
          : { meanUs: lateUs(delay.mean), p99Us: lateUs(delay.percentile(99)), maxUs: lateUs(delay.max) },
      utilization: performance.eventLoopUtilization(start).utilization,
    },
  });
  return {
    read() {
      collect();
      if (watchesGc) profiler = startProfiler();
      return result();
    },
    stop() {
      collect();
      delay?.disable();
      const last = result();
      delay = undefined; // 400 KB, and the connection remembers this object until it is closed
      profiler = undefined;
      return last;
    },
  };
};
