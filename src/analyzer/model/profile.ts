/**
 * A profile: CPU time or allocations, whatever file it came from, in one shape. A call tree in columns, the frames its
 * nodes stand for, one column of numbers per kind of value, and what is known of single lines. Never changed after it
 * was read; what passes compute stands beside it.
 */
import type { Location } from './location.js';
import type { GcReading, LoopReading } from './reading.js';
import type { ScriptsTable } from './scripts.js';

export type ProfileUnit = 'microseconds' | 'bytes' | 'count';

/** A function (or V8's own `(program)`, `(idle)`, `(garbage collector)`), once, however often it stands in the tree. */
export interface Frame {
  /** As V8 names it; '' for a function without a name. Not escaped. */
  readonly name: string;
  /** Where the function starts in the source the user wrote; undefined for native code and V8's own states. */
  readonly location: Location | undefined;
}

/** One kind of number that the profile holds for each node. */
export interface ValueColumn {
  /** `time`, `samples`, `allocated`, `live`, or what a foreign file calls it. */
  readonly name: string;
  readonly unit: ProfileUnit;
  /** For each node: its own value, without its children's. */
  readonly self: Float64Array;
}

/** What single lines cost: one entry for a line in a node. */
export interface LineValues {
  /** For each entry: the node in which the line ran. */
  readonly node: Uint32Array;
  /** For each entry: the line, as an index into `locations`. */
  readonly location: Uint32Array;
  /** For each entry: its part of the node's first value column. */
  readonly self: Float64Array;
  /**
   * For each entry, 1: the line lies outside the node's function, because V8 had inlined another function there. Whose
   * line it is cannot be told, so `location` is the start of the function.
   */
  readonly inlined: Uint8Array;
  readonly locations: readonly Location[];
}

/** Samples in the order of time. */
export interface Timeline {
  /** For each sample: the node that was running. */
  readonly node: Uint32Array;
  /** For each sample: microseconds until the next one. */
  readonly durationUs: Float64Array;
}

export interface Profile {
  readonly kind: 'cpu' | 'allocations' | 'other';
  readonly frames: readonly Frame[];
  readonly nodeCount: number;
  /** For each node: index into `frames`. */
  readonly nodeFrame: Uint32Array;
  /** For each node: its caller, always a smaller number; -1 for a root. */
  readonly nodeParent: Int32Array;
  /** The first is what views show. */
  readonly values: readonly [ValueColumn, ...ValueColumn[]];
  readonly lines: LineValues | undefined;
  readonly timeline: Timeline | undefined;
  /** How long was profiled; 0 where the file does not say. */
  readonly durationUs: number;
  /** For each frame: how often it was called; NaN where that was not counted. */
  readonly calls: Float64Array | undefined;
  /** Present where memwatch made the file. */
  readonly notes: CaptureNotes | undefined;
  /** What of the file could not be read, for people; absent where all of it was. */
  readonly warnings?: readonly string[];
}

/** What memwatch knew when it captured, beyond what V8 writes; in the file under the key `memwatch`. */
export interface CaptureNotes {
  readonly scripts: ScriptsTable;
  /** `main thread`, `worker 2 (resizer)`. */
  readonly thread: string;
  /** Inlining was off, so that costs are booked on the function that caused them. */
  readonly precise: boolean;
  /** null where the thread could not be asked. */
  readonly gc: readonly GcReading[] | null;
  readonly loop: LoopReading | null;
  /** The thread started so long after the others' profiles began, and was profiled from then on. */
  readonly sinceUs?: number;
  /** A program from its first line to its end, which did all of its work whatever time that took. */
  readonly wholeProgram?: boolean;
  readonly calls?: CallCounts;
  readonly memory?: MemoryNotes;
}

/** Exact call counts, taken after the profile, because nothing is optimised while V8 counts. */
export interface CallCounts {
  readonly durationUs: number;
  /**
   * Multiply counts by it to get the calls during the profile. null: the two phases have no common unit of work, so the
   * counts stand for their own phase alone.
   */
  readonly scale: number | null;
  /** What `scale` was taken from, in words. */
  readonly scaledBy: string;
  readonly scripts: readonly {
    readonly scriptId: string;
    readonly url: string;
    readonly functions: readonly {
      readonly name: string;
      readonly start: number;
      readonly end: number;
      readonly count: number;
    }[];
  }[];
}

/** Memory of the target at the start and the end of an allocation profile. */
export interface MemoryNotes {
  readonly heapBytes: readonly [number, number];
  /** Buffers and other memory outside the heap, which the allocation profiler does not see. */
  readonly externalBytes: readonly [number, number];
}
