/**
 * What the lines of functions cost: line_profiler's and memory_profiler's tables in one type. The numbers are counted on
 * every hit, or estimated from samples; what was not measured is undefined, never 0.
 */

/** How exact a number of bytes is, if the garbage collector ran in between. */
export type BytesCertainty =
  /** No collection was seen during any hit. */
  | 'measured'
  /** Hits without a collection, scaled up to all hits. */
  | 'scaled'
  /** A collection ran during every hit: what was left at the end, not what was allocated. */
  | 'net';

export interface LineCost {
  readonly line: number;
  /** The text of the line, not escaped. */
  readonly source: string;
  /** How often the line began to run; undefined if it was sampled. */
  readonly hits: number | undefined;
  /** Its own time and that of its callees, except time that other lines of the same table account for. */
  readonly timeUs: number | undefined;
  /** What it added to V8's heap. */
  readonly incrementBytes: number | undefined;
  /** What it added outside V8's heap: Buffers, typed arrays. */
  readonly externalBytes: number | undefined;
  readonly certainty: BytesCertainty;
  /** The most memory that was in use, heap and external, when the line ended. */
  readonly memoryBytes: number | undefined;
  /** Hits whose time and memory could not be measured; the other numbers come from the remaining hits. */
  readonly untimedHits: number;
  /** Samples in which this line ran, if it was sampled. */
  readonly ticks: number | undefined;
}

export interface FunctionLines {
  readonly name: string;
  readonly file: string;
  readonly firstLine: number;
  /** The text of the function from its first line on. */
  readonly source: readonly string[];
  /** How often it was called; undefined if it was sampled, or no place is passed once in each call. */
  readonly calls: number | undefined;
  /** If it was sampled: what the function itself allocated on V8's heap, and how much of a similar amount stayed alive. */
  readonly allocation?: { readonly bytes: number; readonly liveBytes: number | undefined };
  /** The lines that have code, by number. */
  readonly lines: readonly LineCost[];
}

export interface LinesResult {
  readonly functions: readonly FunctionLines[];
  /** A result below this, per hit, is within the measurement's own error. */
  readonly floor: { readonly bytesPerHit: number; readonly usPerHit: number };
  /** What the user needs to know to read the numbers, in sentences. */
  readonly notes: readonly string[];
}

/** What the counters inside a program counted for one line, before any evaluation. */
export interface CountedLine {
  readonly line: number;
  readonly hits: number;
  readonly timeMs: number;
  /** Hits during which no garbage collection was seen, and what they added to V8's heap and outside it. */
  readonly cleanHits: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** The other hits: a collection hides what they allocated. */
  readonly collectedHits: number;
  readonly collectedHeapBytes: number;
  readonly collectedExternalBytes: number;
  /** Hits whose time and memory could not be measured, if that can happen. */
  readonly untimedHits?: number;
  readonly memoryBytes: number;
}

export interface CountedFunction {
  readonly name: string;
  readonly file: string;
  readonly firstLine: number;
  readonly source: readonly string[];
  /** Undefined if no place is passed once in each call. */
  readonly calls: number | undefined;
  readonly lines: readonly CountedLine[];
}
