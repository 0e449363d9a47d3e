/**
 * What the lines of functions cost: line_profiler's and memory_profiler's tables as one value. Counted on every hit, or
 * estimated from samples; what was not measured is undefined, never 0.
 */

/** How far a number of bytes can be trusted where the garbage collector worked in between. */
export type BytesCertainty =
  /** No collection was seen during any hit. */
  | 'measured'
  /** The hits without a collection, scaled to all of them. */
  | 'scaled'
  /** A collection during every hit: what was left at the end, not what was allocated. */
  | 'net';

export interface LineCost {
  readonly line: number;
  /** Its text, not escaped. */
  readonly source: string;
  /** How often it began; undefined where it was sampled. */
  readonly hits: number | undefined;
  /** Its own time and that of what it called, but for the lines of the same table. */
  readonly timeUs: number | undefined;
  /** What it added to V8's heap. */
  readonly incrementBytes: number | undefined;
  /** What it added outside V8's heap: Buffers, typed arrays. */
  readonly externalBytes: number | undefined;
  readonly certainty: BytesCertainty;
  /** The most that was in use, heap and external, when it ended. */
  readonly memoryBytes: number | undefined;
  /** Hits whose time and memory could not be told; what stands here is that of the others. */
  readonly untimedHits: number;
  /** Samples that fell on it, where it was sampled. */
  readonly ticks: number | undefined;
}

export interface FunctionLines {
  readonly name: string;
  readonly file: string;
  readonly firstLine: number;
  /** The text of the function from its first line on. */
  readonly source: readonly string[];
  /** How often it was called; undefined where it was sampled. */
  readonly calls: number | undefined;
  /** Where it was sampled: what the function itself allocated on V8's heap, and what stayed alive of a like amount. */
  readonly allocation?: { readonly bytes: number; readonly liveBytes: number | undefined };
  /** The lines that hold code, by number. */
  readonly lines: readonly LineCost[];
}

export interface LinesResult {
  readonly functions: readonly FunctionLines[];
  /** Less than this for each hit is the measurement's own error. */
  readonly floor: { readonly bytesPerHit: number; readonly usPerHit: number };
  /** What the user must know to read the numbers, in sentences. */
  readonly notes: readonly string[];
}

/** What counters inside a program counted of one line, before anything is made of it. */
export interface CountedLine {
  readonly line: number;
  readonly hits: number;
  readonly timeMs: number;
  /** Stretches during which no garbage collection was seen, and what they added to V8's heap and outside it. */
  readonly cleanHits: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** The others: what was collected hides what was allocated. */
  readonly collectedHits: number;
  readonly collectedHeapBytes: number;
  readonly collectedExternalBytes: number;
  /** Hits whose time and memory could not be told, where that can happen. */
  readonly untimedHits?: number;
  readonly memoryBytes: number;
}

export interface CountedFunction {
  readonly name: string;
  readonly file: string;
  readonly firstLine: number;
  readonly source: readonly string[];
  readonly calls: number;
  readonly lines: readonly CountedLine[];
}
