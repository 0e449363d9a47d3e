/**
 * One reading of a running process: what it holds and does now. Sizes are of the moment of the reading; CPU, event loop and
 * GC are what happened since the reading before.
 */

export interface Reading {
  readonly schema: 'memwatch/reading@1';
  /** Milliseconds since 1970, by the target's clock. */
  readonly timeMs: number;
  /** Time since the reading before; for the first one, since memwatch started to watch. */
  readonly intervalUs: number;
  readonly uptimeSeconds: number;
  /** Of the whole process, even if a worker is read. */
  readonly rssBytes: number;
  readonly heap: HeapReading;
  /** null if the target is on another host, or no cgroup limits it. */
  readonly cgroup: { readonly usedBytes: number; readonly limitBytes: number } | null;
  readonly cpu: CpuReading;
  readonly loop: LoopReading;
  /** One entry for each kind that happened; null if the loop was blocked all the time, since Node reports GC between turns. */
  readonly gc: readonly GcReading[] | null;
  /** What keeps the event loop alive, by type (`TCPSocketWrap`, `Timeout`…), most first. */
  readonly handles: readonly { readonly type: string; readonly count: number }[];
}

export interface HeapReading {
  readonly usedBytes: number;
  readonly totalBytes: number;
  /** The heap size at which V8 ends the process. */
  readonly limitBytes: number;
  /** Memory outside the heap that heap objects hold; includes `arrayBuffersBytes`. */
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  readonly spaces: readonly { readonly name: string; readonly usedBytes: number; readonly totalBytes: number }[];
  readonly nativeContexts: number;
  readonly detachedContexts: number;
}

export interface CpuReading {
  /** Of the whole process. */
  readonly userUs: number;
  readonly systemUs: number;
  /** CPU cores in use by the whole process: 1 is one core all the time. */
  readonly cores: number;
}

export interface LoopReading {
  /** How late a timer ran in the thread that is read; null if none ran in the interval (the loop was blocked). */
  readonly delay: { readonly meanUs: number; readonly p99Us: number; readonly maxUs: number } | null;
  /** Share of the time in which the event loop was not idle, 0 to 1. */
  readonly utilization: number;
}

export interface GcReading {
  readonly kind: 'minor' | 'major' | 'incremental' | 'weak callbacks';
  readonly count: number;
  readonly durationUs: number;
}
