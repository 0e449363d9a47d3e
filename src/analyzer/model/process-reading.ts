/** One look at a running process while `leaks` watches it: what it holds after a collection, and whether it worked. */
import type { CounterReading } from './check.js';

/** `heapTotalBytes` is that of all threads that answer; the rest is of the thread that is looked at, or the process. */
export interface ProcessReading extends CounterReading {
  /** Since the watch began. */
  readonly atMs: number;
  /** Since the reading before, without what memwatch's own looking cost. */
  readonly allocatedBytes: number;
  readonly cpuUs: number;
  /** Resident memory of the child processes together; null where the system does not tell. */
  readonly childrenRssBytes: number | null;
  readonly workers: readonly WorkerReading[];
}

export interface WorkerReading {
  /** The threadId, and the title that Node gives it. */
  readonly id: string;
  readonly title: string;
  /** null where the worker gives no answer: it waits in Atomics.wait, or runs native code. */
  readonly heapUsedBytes: number | null;
  readonly heapTotalBytes: number | null;
}
