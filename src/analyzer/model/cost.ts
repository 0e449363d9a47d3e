/** What functions and lines cost, as tables show them: in the unit of the profile's first values. */
import type { ProfileUnit } from './profile.js';

export interface FunctionRow {
  /** '' for a function without a name. */
  readonly name: string;
  /** null for native code and V8's own states. */
  readonly file: string | null;
  readonly line: number | null;
  /** null where calls were not counted. */
  readonly calls: number | null;
  readonly self: number;
  /** With all that it called; once, where it called itself. */
  readonly total: number;
  /** Bytes of its own that are still alive; null where that was not measured. */
  readonly live: number | null;
}

export interface LineRow {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly self: number;
  /** Functions that V8 inlined into this one, on lines that cannot be told. */
  readonly inlined: boolean;
}

export interface CostTable {
  readonly unit: ProfileUnit;
  readonly functions: readonly FunctionRow[];
  readonly lines: readonly LineRow[];
  /** The sum of all own values, without the time in which the thread was idle. */
  readonly whole: number;
  readonly idle: number;
  readonly samples: number | null;
  readonly durationUs: number;
  /** Of a program from its first line to its end. */
  readonly wholeProgram: boolean;
}

/** One function or line in two profiles; what stands after is scaled to the length of what stands before. */
export interface DiffRow {
  readonly name: string;
  readonly file: string | null;
  /** Where it stands in the second profile, if it is there. */
  readonly line: number | null;
  readonly selfBefore: number;
  readonly selfAfter: number;
  readonly selfDelta: number;
  readonly totalBefore: number;
  readonly totalAfter: number;
}

export interface CostDiff {
  readonly unit: ProfileUnit;
  /** What the second profile's values were multiplied by. */
  readonly scale: number;
  readonly before: number;
  readonly after: number;
  /** What got dearest first, what got cheapest last. */
  readonly functions: readonly DiffRow[];
  readonly lines: readonly DiffRow[];
}
