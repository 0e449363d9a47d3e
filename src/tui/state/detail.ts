/**
 * What a Provider returns about one row: the path to an object, the source of a file with its costs, a part of a flame
 * graph.
 */
import type { Location } from '../../analyzer/model/location.js';
import type { PathStep } from '../../analyzer/model/path.js';
import type { ProfileName } from './lists.js';

/** A profile, or what changed between two. */
export type FlameName = ProfileName | 'change';

export type DetailQuery =
  /** Why an object is alive: the path from a root to it. */
  | { readonly detail: 'path'; readonly node: number }
  /** The text of a file and what its lines cost. */
  | { readonly detail: 'source'; readonly file: string }
  /** The part of a flame graph that is wide enough to be seen. */
  | {
      readonly detail: 'flame';
      readonly profile: FlameName;
      readonly root: number;
      readonly columns: number;
      readonly rows: number;
    };

export interface PathStepRow extends PathStep {
  readonly retainedBytes: number | null;
  readonly place: Location | undefined;
}

export interface PathDetail {
  readonly detail: 'path';
  readonly steps: readonly PathStepRow[];
}

/** What one line costs; figures that were not measured are undefined. */
export interface LineCost {
  readonly line: number;
  readonly selfUs?: number;
  readonly hits?: number;
  readonly bytes?: number;
  /** They may be the costs of functions that V8 inlined there. */
  readonly mayBeInlined?: boolean;
}

export interface SourceDetail {
  readonly detail: 'source';
  readonly file: string;
  /** undefined: the text is not available, and `why` says why. */
  readonly lines: readonly string[] | undefined;
  readonly why: string | undefined;
  readonly costs: readonly LineCost[];
  /** What 100 % of the time is. */
  readonly wholeUs: number;
}

export interface FlameBox {
  /** Node of the call tree. */
  readonly key: number;
  readonly name: string;
  readonly place: Location | undefined;
  readonly hottest: Location | undefined;
  /** First cell, and number of cells. */
  readonly x: number;
  readonly width: number;
  readonly self: number;
  readonly total: number;
  /** Of two profiles: the total in each. */
  readonly change?: Change | undefined;
}

export interface Change {
  readonly before: number;
  readonly after: number;
}

export interface FlameDetail {
  readonly detail: 'flame';
  readonly root: number;
  readonly unit: 'microseconds' | 'bytes' | 'count';
  readonly whole: number;
  /** Callers of the root, outermost first. */
  readonly ancestors: readonly FlameBox[];
  /** Each depth below, from the root down. */
  readonly rows: readonly (readonly FlameBox[])[];
}

export type Detail = PathDetail | SourceDetail | FlameDetail;
