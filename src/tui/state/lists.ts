/** Lists on the screen: what can be requested from a Provider, and the rows of each kind that it returns. */
import type { Finding } from '../../analyzer/model/finding.js';
import type { Location } from '../../analyzer/model/location.js';

/** `now`: the last seconds of a running process, again and again. */
export type ProfileName = 'cpu' | 'now' | 'alloc';

export type ListQuery =
  | { readonly list: 'classes' }
  | { readonly list: 'biggest' }
  | { readonly list: 'objects'; readonly className: string }
  | { readonly list: 'dominators' }
  | { readonly list: 'fields'; readonly node: number }
  | { readonly list: 'retainers'; readonly node: number }
  /** The retained size: what would be freed with the object. */
  | { readonly list: 'dominated'; readonly node: number }
  | { readonly list: 'waste' }
  /** The objects of one kind of waste. */
  | { readonly list: 'wasteOf'; readonly wasteKind: string }
  | { readonly list: 'findings' }
  | { readonly list: 'grownClasses' }
  | { readonly list: 'grownObjects' }
  | { readonly list: 'functions'; readonly profile: ProfileName }
  | { readonly list: 'callers'; readonly profile: ProfileName; readonly frame: number }
  | { readonly list: 'callees'; readonly profile: ProfileName; readonly frame: number }
  | { readonly list: 'hotLines'; readonly profile: ProfileName }
  /** What changed between two profiles. */
  | { readonly list: 'changedFunctions' }
  | { readonly list: 'changedLines' };

export interface ListOrder {
  /** Id of a column. */
  readonly sort: string;
  readonly descending: boolean;
  /** Shows rows whose name contains it, in upper or lower case; '' shows all. */
  readonly filter: string;
  /** Keys of the rows of a tree that are open. */
  readonly expanded: readonly string[];
}

export interface ListWindow {
  readonly from: number;
  readonly count: number;
}

export interface Page {
  readonly from: number;
  readonly rows: readonly Row[];
  /** Rows that match the filter. */
  readonly matched: number;
  readonly total: number;
  /** What 100 % is: bytes of the heap, microseconds of the profile. */
  readonly whole: number;
  /** V8 may have inlined functions into those of this profile, and booked their costs there. */
  readonly inlining?: boolean;
}

export interface ClassRow {
  readonly kind: 'class';
  readonly name: string;
  readonly count: number;
  readonly selfBytes: number;
  /** null until it is computed. */
  readonly retainedBytes: number | null;
  /** The biggest object of the class; its retaining path is shown for the class. */
  readonly biggest: number | undefined;
}

export interface ObjectRow {
  readonly kind: 'object';
  /** Place of the row in its tree: node or edge numbers from the top, `12/7/3`. */
  readonly key: string;
  readonly node: number;
  readonly id: number;
  /** How its holder (or, among retainers, the row itself) refers to it; undefined at the top of a tree. */
  readonly edge: string | undefined;
  readonly name: string;
  readonly type: string;
  readonly selfBytes: number;
  readonly retainedBytes: number | null;
  readonly depth: number;
  readonly branches: boolean;
  readonly open: boolean;
  /** Where a function or class is in the source, if that is known. */
  readonly place: Location | undefined;
}

/** A kind of waste, or the objects of that kind that are held in one way. */
export interface WasteRow {
  readonly kind: 'waste';
  readonly wasteKind: string;
  readonly isKind: boolean;
  /** What it is; for objects, how they are held. */
  readonly name: string;
  readonly count: number;
  /** What could be saved. */
  readonly bytes: number;
  /** The largest of them; its retaining path is shown for all. */
  readonly node: number | undefined;
  /** Where the largest of them is made, if that is known. */
  readonly place: Location | undefined;
  readonly advice: string;
}

export interface GrowthRow {
  readonly kind: 'growth';
  readonly name: string;
  /** Node in the last snapshot; undefined for a class. */
  readonly node: number | undefined;
  readonly id: number | undefined;
  /** One figure per snapshot; null if it was not in that one. */
  readonly history: readonly (number | null)[];
  readonly bytesDelta: number;
  readonly countDelta: number | undefined;
  /** Of an object: the program's code that is nearest to it, such as the variable that holds it. */
  readonly place: Location | undefined;
  readonly path: string;
}

export interface FindingRow {
  readonly kind: 'finding';
  readonly finding: Finding;
}

export interface FunctionRow {
  readonly kind: 'function';
  /** The number by which callers and callees are requested; -1 for a saved result, which does not have them. */
  readonly frame: number;
  readonly name: string;
  readonly place: Location | undefined;
  /** Its most expensive line, if lines were measured; `place` is where the function begins. */
  readonly hottest: Location | undefined;
  readonly self: number;
  readonly total: number;
  /** Bytes of its own that are still alive; undefined if that was not measured. */
  readonly live: number | undefined;
  readonly unit: 'microseconds' | 'bytes' | 'count';
  /** Some of its own costs may be those of functions that V8 inlined into it. */
  readonly mayBeInlined: boolean;
}

export interface LineRow {
  readonly kind: 'line';
  readonly place: Location;
  readonly functionName: string;
  readonly self: number;
  readonly unit: 'microseconds' | 'bytes' | 'count';
  /** Its costs may be those of functions that V8 inlined there. */
  readonly mayBeInlined: boolean;
}

/** A function or a line in two profiles; the values of the second are scaled to the length of the first. */
export interface ChangeRow {
  readonly kind: 'change';
  readonly name: string;
  readonly place: Location | undefined;
  readonly before: number;
  readonly after: number;
  readonly delta: number;
  /** With callees. */
  readonly totalDelta: number;
  readonly unit: 'microseconds' | 'bytes' | 'count';
}

export type Row = ClassRow | ObjectRow | WasteRow | GrowthRow | FindingRow | FunctionRow | LineRow | ChangeRow;
