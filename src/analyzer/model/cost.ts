/** The cost of functions and lines, as tables show it: in the unit of the profile's first values. */
import type { ProfileUnit } from './profile.js';

export interface FunctionRow {
  /** '' for a function without a name. */
  readonly name: string;
  /** null for native code and V8's own states. */
  readonly file: string | null;
  readonly line: number | null;
  /** 1-based; undefined if no other function begins on the line. */
  readonly column?: number | undefined;
  /** null if calls were not counted. */
  readonly calls: number | null;
  readonly self: number;
  /** Its own value and that of its callees; counted once if it called itself. */
  readonly total: number;
  /** Bytes that it allocated itself and that are still alive; null if that was not measured. */
  readonly live: number | null;
  /** Of its own time, some was seen where V8 had inlined another function, or may have. */
  readonly mayBeInlined: boolean;
}

export interface LineRow {
  readonly file: string;
  readonly line: number;
  /** Where the function begins, if others begin on the same line, as in a bundle of one line. */
  readonly column?: number | undefined;
  readonly function: string;
  readonly self: number;
  /** Code of functions that V8 inlined into this one, whose lines are unknown. */
  readonly inlined: boolean;
  /** The line calls something that V8 may have inlined there. */
  readonly mayBeInlined: boolean;
}

export interface CostTable {
  readonly unit: ProfileUnit;
  readonly functions: readonly FunctionRow[];
  readonly lines: readonly LineRow[];
  /** The sum of all self values, without the time in which the thread was idle. */
  readonly whole: number;
  readonly idle: number;
  readonly samples: number | null;
  readonly durationUs: number;
  /** The profile covers a program from its first line to its end. */
  readonly wholeProgram: boolean;
}

/** One function or line in two profiles; the values of the second are scaled to the length of the first. */
export interface DiffRow {
  readonly name: string;
  readonly file: string | null;
  /** Its line in the second profile, if it is there. */
  readonly line: number | null;
  readonly selfBefore: number;
  readonly selfAfter: number;
  readonly selfDelta: number;
  readonly totalBefore: number;
  readonly totalAfter: number;
}

export interface CostDiff {
  readonly unit: ProfileUnit;
  /** The factor by which the second profile's values were multiplied. */
  readonly scale: number;
  readonly before: number;
  readonly after: number;
  /** Those whose cost rose most come first, those whose cost fell most come last. */
  readonly functions: readonly DiffRow[];
  readonly lines: readonly DiffRow[];
}
