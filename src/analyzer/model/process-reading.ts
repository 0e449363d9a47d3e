/** One reading of a running process while `leaks` watches it: what it holds after a collection, and whether it did any work. */
import type { CounterReading } from './check.js';

/** `heapTotalBytes` is that of all threads that answer; the rest is of the target thread, or of the process. */
export interface ProcessReading extends CounterReading {
  /** Milliseconds since the watch began. */
  readonly atMs: number;
  /** Since the reading before, without what memwatch's own readings cost. */
  readonly allocatedBytes: number;
  readonly cpuUs: number;
  /** Resident memory of the child processes together; null if the system does not say. */
  readonly childrenRssBytes: number | null;
  readonly workers: readonly WorkerReading[];
  /** The part of `heapUsedBytes` that is compiled code; null in a large heap, where counting it takes too long. */
  readonly codeBytes: number | null;
}

export interface WorkerReading {
  /** The threadId, and the title that Node gives it. */
  readonly id: string;
  readonly title: string;
  /** null if the worker does not answer. */
  readonly heapUsedBytes: number | null;
  readonly heapTotalBytes: number | null;
  /** Why it does not answer; null if it does. */
  readonly silence: string | null;
}
