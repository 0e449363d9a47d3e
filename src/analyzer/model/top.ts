/** What `memwatch top` says of one look at a target: what its threads did, and which functions took the time. */
import type { StackFrame } from './dump.js';
import type { LoopReading } from './reading.js';

export interface TopThread {
  readonly name: string;
  /** Share of the window in which it was not idle. */
  readonly busy: number;
  /** Since top began. */
  readonly loop: LoopReading | null;
}

/** The longest that an event loop was kept from turning, since top began. */
export interface TopBlock {
  readonly thread: string;
  readonly durationUs: number;
  readonly at: Date;
  readonly stack: readonly StackFrame[];
}

/** One line of `top --json`. */
export interface TopDocument {
  readonly schema: 'memwatch/top@1';
  /** ISO 8601. */
  readonly time: string;
  readonly durationUs: number;
  readonly busyUs: number;
  readonly idleUs: number;
  readonly threads: readonly TopThread[];
  readonly functions: readonly {
    readonly name: string;
    /** null for native code. */
    readonly file: string | null;
    readonly line: number | null;
    /** null for code that is in no package. */
    readonly package: string | null;
    readonly selfUs: number;
    readonly totalUs: number;
  }[];
  readonly longestBlock: TopBlock | null;
}
