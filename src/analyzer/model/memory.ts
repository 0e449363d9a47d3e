/**
 * Where the memory of a whole process is: what the kernel and V8 say of it, and what is made of that. Bytes everywhere.
 * `rssBytes` is memory that is in RAM now, `virtualBytes` is address space that is only reserved.
 */

/** One line of /proc/PID/smaps: a piece of the address space that has one purpose for the kernel. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  /** `rw-p`: read, write, execute, private or shared. */
  readonly permissions: string;
  /** The file, or `[heap]`, `[stack]`; '' for anonymous memory. */
  readonly path: string;
  readonly rssBytes: number;
  readonly anonymousBytes: number;
  readonly swapBytes: number;
}

/** What V8 says of one thread's heap. */
export interface IsolateMemory {
  /** `main thread`, `worker 2 (resizer)`. */
  readonly thread: string;
  readonly usedBytes: number;
  /** What a forced collection left of `usedBytes`; null where none was asked for. */
  readonly liveBytes: number | null;
  /** What V8 holds for the heap, used or not. */
  readonly committedBytes: number;
  /** The part of it that is in RAM. */
  readonly physicalBytes: number;
  readonly limitBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  /** Memory that V8 itself took by malloc, for parsing and compiling. */
  readonly mallocedBytes: number;
  readonly spaces: readonly {
    readonly name: string;
    readonly usedBytes: number;
    readonly committedBytes: number;
    readonly physicalBytes: number;
  }[];
}

/** Everything that was read of a process at one moment. */
export interface MemoryReading {
  readonly timeMs: number;
  readonly mappings: readonly Mapping[];
  readonly isolates: readonly IsolateMemory[];
  /** Threads that gave no answer: their heaps are not known. */
  readonly silentThreads: readonly string[];
  readonly threads: number;
  readonly limits: readonly MemoryLimit[];
  readonly pressure: MemoryPressure | null;
  /** How often the kernel has ended a process of this cgroup; null where it does not say. */
  readonly oomKills: number | null;
  /** What reading /proc/PID/smaps took; the target may wait so long for memory that it maps meanwhile. */
  readonly readUs: number;
  readonly nodeVersion: string;
}

/** Something that ends or slows the process when it is reached. */
export interface MemoryLimit {
  /** `V8's heap limit (main thread)`, `memory.max of cgroup /a/b`, `the host`. */
  readonly of: string;
  readonly kind: 'heap' | 'cgroup' | 'cgroup-high' | 'swap' | 'ulimit' | 'host';
  readonly limitBytes: number;
  readonly usedBytes: number;
}

/** Share of the last 10 and 60 seconds in which some or all tasks waited for memory, 0 to 1 (Linux's PSI). */
export interface MemoryPressure {
  readonly some10s: number;
  readonly some60s: number;
  readonly full10s: number;
}

export type MemoryOwner =
  | 'V8 heap'
  | 'V8 code'
  | 'malloc: main heap'
  | 'malloc: arenas'
  | 'malloc: large blocks'
  | 'WebAssembly memory'
  | 'thread stacks'
  | 'executable and libraries'
  | 'mapped files'
  | 'shared memory'
  | 'other';

export interface MemoryPart {
  readonly owner: MemoryOwner;
  /** What the figure consists of, in words. */
  readonly detail: string;
  readonly rssBytes: number;
  readonly virtualBytes: number;
  /** Against the first reading of `--watch`; null without one. */
  readonly delta: number | null;
}

export interface MemoryAdvice {
  readonly id: string;
  readonly text: string;
  readonly evidence: string;
}

/** When the first limit is reached if the growth of the readings goes on; `low` and `high` bound it with 95 %. */
export interface MemoryForecast {
  readonly of: string;
  readonly bytesPerSecond: number;
  readonly seconds: number;
  readonly lowSeconds: number;
  /** null: it may never come. */
  readonly highSeconds: number | null;
}

/** `memwatch/memory@1`. */
export interface MemoryReport {
  readonly schema: 'memwatch/memory@1';
  readonly pid: number;
  readonly rssBytes: number;
  /** RSS whose owner is known: all parts but `other`. */
  readonly accountedBytes: number;
  readonly swapBytes: number;
  readonly parts: readonly MemoryPart[];
  readonly heaps: readonly IsolateMemory[];
  readonly limits: readonly MemoryLimit[];
  readonly pressure: MemoryPressure | null;
  readonly oomKills: number | null;
  readonly forecast: MemoryForecast | null;
  readonly advice: readonly MemoryAdvice[];
  readonly warnings: readonly string[];
  readonly readUs: number;
}
