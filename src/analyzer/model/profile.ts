/**
 * A profile, of CPU time or of allocations, in one form for all file formats: a call tree in columns, the frames of its
 * nodes, one column of numbers per kind of value, and what is known about single lines. Never changed after reading;
 * results of passes are stored beside it.
 */
import type { Location } from './location.js';
import type { GcReading, LoopReading } from './reading.js';
import type { ScriptsTable } from './scripts.js';

export type ProfileUnit = 'microseconds' | 'bytes' | 'count';

/** A function, or V8's own `(program)`, `(idle)`, `(garbage collector)`; stored once, however often it is in the tree. */
export interface Frame {
  /** As V8 names it; '' for a function without a name. Not escaped. */
  readonly name: string;
  /** Where the function starts in the user's source; undefined for native code and V8's own states. */
  readonly location: Location | undefined;
  /** The root of a thread's tree, where several threads are merged: its name is the thread's. */
  readonly isThread?: true;
}

/** One kind of number that the profile has for each node. */
export interface ValueColumn {
  /** `time`, `samples`, `allocated`, `live`, or the name in another tool's file. */
  readonly name: string;
  readonly unit: ProfileUnit;
  /** For each node: its own value, without that of its callees. */
  readonly self: Float64Array;
}

/** The values of single lines: one entry for each line in a node. */
export interface LineValues {
  /** For each entry: the node in which the line ran. */
  readonly node: Uint32Array;
  /** For each entry: the line, as an index into `locations`. */
  readonly location: Uint32Array;
  /** For each entry: the line's part of the node's first value column. */
  readonly self: Float64Array;
  /**
   * For each entry, 1 if the line lies outside the node's function because V8 had inlined another function there. It is
   * unknown whose line it is, so `location` is the start of the function. 2: the line is the function's own, and calls
   * something that V8 may have inlined there, whose time V8 then books on this line.
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
  /** For each node: its caller's node, always a smaller number; -1 for a root. */
  readonly nodeParent: Int32Array;
  /** The first column is the one that views show. */
  readonly values: readonly [ValueColumn, ...ValueColumn[]];
  readonly lines: LineValues | undefined;
  readonly timeline: Timeline | undefined;
  /** How long the profile took; 0 if the file does not say. */
  readonly durationUs: number;
  /** For each frame: how often it was called; NaN if that was not counted. */
  readonly calls: Float64Array | undefined;
  /** Present if memwatch made the file. */
  readonly notes: CaptureNotes | undefined;
  /** What could not be read in the file, in words for the user; absent if everything could. */
  readonly warnings?: readonly string[];
}

/** What memwatch knew at the capture, beyond what V8 writes; stored in the file under the key `memwatch`. */
export interface CaptureNotes {
  readonly scripts: ScriptsTable;
  /** `main thread`, `worker 2 (resizer)`. */
  readonly thread: string;
  /** Inlining was off, so that costs are charged to the function that caused them. */
  readonly precise: boolean;
  /** null if the thread could not be asked. */
  readonly gc: readonly GcReading[] | null;
  readonly loop: LoopReading | null;
  /** How long after the start of the other threads' profiles this thread started; it was profiled from then on. */
  readonly sinceUs?: number;
  /** The profile covers a program from its first line to its end, which did all of its work however long that took. */
  readonly wholeProgram?: boolean;
  readonly calls?: CallCounts;
  readonly memory?: MemoryNotes;
  readonly sampling?: SamplingNotes;
}

/** Exact call counts, taken after the profile, because nothing is optimised while V8 counts. */
export interface CallCounts {
  readonly durationUs: number;
  /**
   * The factor from these counts to the calls during the profile. null if the two phases have no common measure of work:
   * then the counts are valid only for their own phase.
   */
  readonly scale: number | null;
  /** What `scale` is based on, in words. */
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

/** Bytes for each sample of an allocation profile, on average: of what was allocated, and of what stays alive. */
export interface SamplingNotes {
  readonly allocatedBytes: number;
  readonly liveBytes: number;
}

/** Memory of the target at the start and the end of an allocation profile. */
export interface MemoryNotes {
  readonly heapBytes: readonly [number, number];
  /** Buffers and other memory outside the heap, which the allocation profiler does not see. */
  readonly externalBytes: readonly [number, number];
}
