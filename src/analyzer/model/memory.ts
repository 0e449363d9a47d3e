/**
 * Where the memory of a whole process is: the figures of the kernel and of V8, and the report made from them. All sizes are
 * in bytes. `rssBytes` is memory that is in RAM now, `virtualBytes` is address space that is only reserved.
 */

/** One entry of /proc/PID/smaps: a piece of the address space that has one purpose for the kernel. */
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

/** V8's figures for one thread's heap. */
export interface IsolateMemory {
  /** `main thread`, `worker 2 (resizer)`. */
  readonly thread: string;
  readonly usedBytes: number;
  /** What a forced collection left of `usedBytes`; null if no collection was requested. */
  readonly liveBytes: number | null;
  /** Memory that V8 has reserved for the heap, used or not. */
  readonly committedBytes: number;
  /** The part of it that is in RAM. */
  readonly physicalBytes: number;
  readonly limitBytes: number;
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  /** Memory that V8 itself allocated with malloc, for parsing and compiling. */
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
  /** Threads that did not answer, so that their heaps are unknown. */
  readonly silentThreads: readonly string[];
  readonly threads: number;
  readonly limits: readonly MemoryLimit[];
  /** Why there may be more limits, as a sentence; null if all were seen. */
  readonly unseenLimits: string | null;
  readonly pageCache: PageCache | null;
  readonly pressure: MemoryPressure | null;
  /** How often the kernel has killed a process of this cgroup for memory; null if it does not say. */
  readonly oomKills: number | null;
  /** How long reading /proc/PID/smaps took; a target that maps memory meanwhile may wait this long. */
  readonly readUs: number;
  readonly nodeVersion: string;
  /** Whose malloc it uses: `glibc`, `musl`, `jemalloc`. */
  readonly allocator: string;
  /** Variables of its environment that change how malloc works: `MALLOC_ARENA_MAX=2`. */
  readonly mallocSettings: readonly string[];
  /** The mappings before malloc_trim, which ran just before this reading; null if it was not asked for. */
  readonly trimmed: { readonly mappings: readonly Mapping[]; readonly durationUs: number } | null;
}

/** Free memory that malloc had kept, and gave back when it was asked to. */
export interface TrimmedMemory {
  /** RSS of all parts of malloc before and after. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** How long it stopped the main thread. */
  readonly durationUs: number;
}

/** Cached pages of files, which count against the limit of a cgroup. */
export interface PageCache {
  /** `the cgroup /pods/app`. */
  readonly of: string;
  readonly bytes: number;
  /** The part that the kernel drops first; it is not counted as used in `limits`. */
  readonly droppableBytes: number;
}

/** A limit: reaching it ends the process or slows it down. */
export interface MemoryLimit {
  /** `V8's heap limit (main thread)`, `memory.max of cgroup /a/b`, `the host`. */
  readonly of: string;
  readonly kind: 'heap' | 'cgroup' | 'cgroup-high' | 'swap' | 'ulimit' | 'host';
  readonly limitBytes: number;
  readonly usedBytes: number;
}

/** Share of the last 10 and 60 seconds in which some or all tasks waited for memory, 0 to 1 (Linux's PSI). */
export interface MemoryPressure {
  readonly of: 'its cgroup' | 'the host';
  readonly some10s: number;
  readonly some60s: number;
  readonly full10s: number;
}

export const memoryOwners = [
  'V8 heap',
  'V8 code',
  'malloc: main heap',
  'malloc: arenas',
  'malloc: large blocks',
  'WebAssembly memory',
  'thread stacks',
  'executable and libraries',
  'mapped files',
  'shared memory',
  'other',
] as const;

export type MemoryOwner = (typeof memoryOwners)[number];

export interface MemoryPart {
  readonly owner: MemoryOwner;
  /** What the figure is made up of, in words. */
  readonly detail: string;
  readonly rssBytes: number;
  readonly virtualBytes: number;
  /** The difference from the first reading of `--watch`; null without `--watch`. */
  readonly delta: number | null;
  /** When it began to gain that; null, or left out, if it has gained next to nothing. */
  readonly growsSinceMs?: number | null;
}

export interface MemoryAdvice {
  readonly id: string;
  readonly text: string;
  readonly evidence: string;
}

/** What `--watch` has seen so far. */
export interface MemoryWatch {
  readonly sinceMs: number;
  readonly seconds: number;
  readonly readings: number;
  /** How many more readings a forecast needs. */
  readonly missingReadings: number;
  readonly rssDelta: number;
}

/** When the first limit is reached if the growth of the readings continues; `low` and `high` are its 95 % bounds. */
export interface MemoryForecast {
  readonly of: string;
  /** What grows, if it is not the use of the limit itself: `the process`. */
  readonly grows?: string;
  readonly bytesPerSecond: number;
  readonly seconds: number;
  readonly lowSeconds: number;
  /** null if it may never be reached. */
  readonly highSeconds: number | null;
}

/** `memwatch/memory@1`. */
export interface MemoryReport {
  readonly schema: 'memwatch/memory@1';
  readonly pid: number;
  readonly nodeVersion?: string | undefined;
  readonly rssBytes: number;
  /** RSS whose owner is known: all parts but `other`. */
  readonly accountedBytes: number;
  readonly swapBytes: number;
  readonly parts: readonly MemoryPart[];
  readonly heaps: readonly IsolateMemory[];
  readonly limits: readonly MemoryLimit[];
  readonly pageCache: PageCache | null;
  readonly pressure: MemoryPressure | null;
  readonly oomKills: number | null;
  /** `glibc`, `musl`, `jemalloc`. */
  readonly allocator: string;
  readonly trimmed: TrimmedMemory | null;
  /** null without `--watch`, and at its first reading. */
  readonly watch: MemoryWatch | null;
  /** null: the use of no limit is proved to grow, or there were too few readings. */
  readonly forecast: MemoryForecast | null;
  readonly advice: readonly MemoryAdvice[];
  readonly warnings: readonly string[];
  readonly readUs: number;
}
