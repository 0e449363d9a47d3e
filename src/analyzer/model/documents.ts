/**
 * The documents that commands print with --json and that memwatch reads again; the others are defined with their contents
 * (`memwatch/leaks@1` in finding.ts, `memwatch/check@1` in check.ts). Units are bytes and microseconds, as the names say.
 * Optional fields may be missing in documents from other sources.
 */
import type { ClassGrowth } from './heap-diff.js';
import type { HeapClass } from './heap-results.js';
import type { Location } from './location.js';
import type { PathStep } from './path.js';

export interface HeapDocument {
  readonly schema: 'memwatch/heap@1';
  /** The target's; missing if the capture does not say. */
  readonly nodeVersion?: string | undefined;
  readonly snapshot: {
    readonly file: string;
    readonly nodes: number;
    readonly edges: number;
    readonly selfBytes: number;
    readonly extraNativeBytes?: number | undefined;
  };
  readonly classes: readonly HeapClass[];
  /** The objects with the largest retained size, or the one that was asked for. */
  readonly dominators: readonly ObjectDocument[];
}

export interface ObjectDocument {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly selfBytes: number;
  readonly retainedBytes: number;
  readonly path: readonly PathStep[];
  readonly location?: Location | null | undefined;
  /** How many objects are alike and in this one row, and what all of them retain; left out by older versions. */
  readonly count?: number | undefined;
  readonly totalBytes?: number | undefined;
}

export interface DiffDocument {
  readonly schema: 'memwatch/diff@1';
  readonly snapshots: readonly string[];
  readonly heapBytes?: readonly number[] | undefined;
  readonly classes: readonly ClassGrowth[];
  readonly objects: readonly GrownObjectDocument[];
}

export interface GrownObjectDocument {
  readonly id: number;
  readonly name: string;
  readonly type?: string | undefined;
  /** One figure per snapshot. */
  readonly retainedBytes: readonly number[];
  readonly retainedDelta: number;
  readonly path: readonly PathStep[];
  readonly location?: Location | null | undefined;
}

export interface CpuDocument {
  readonly schema: 'memwatch/cpu@1';
  readonly nodeVersion?: string | undefined;
  readonly durationUs: number;
  readonly wholeProgram?: boolean | undefined;
  readonly samples?: number | null | undefined;
  readonly busyUs?: number | undefined;
  readonly idleUs?: number | undefined;
  readonly functions: readonly (FunctionDocument & {
    readonly calls: number | null;
    readonly selfUs: number;
    readonly totalUs: number;
    readonly mayBeInlined?: boolean | undefined;
  })[];
  readonly lines: readonly (LineDocument & {
    readonly selfUs: number;
    readonly inlined?: boolean | undefined;
    readonly mayBeInlined?: boolean | undefined;
  })[];
}

export interface AllocDocument {
  readonly schema: 'memwatch/alloc@1';
  readonly durationUs: number;
  readonly wholeProgram?: boolean | undefined;
  readonly allocatedBytes?: number | undefined;
  /** Of what a second phase allocated; null if there was none. */
  readonly liveBytes?: number | null | undefined;
  readonly functions: readonly (FunctionDocument & {
    readonly selfBytes: number;
    readonly totalBytes: number;
    readonly liveBytes: number | null;
  })[];
  readonly lines: readonly (LineDocument & { readonly selfBytes: number })[];
}

export interface FunctionDocument {
  readonly name: string;
  /** null for native code. */
  readonly file: string | null;
  readonly line: number | null;
  /** Only if other functions begin on the line. */
  readonly column?: number | undefined;
}

export interface LineDocument {
  readonly file: string;
  readonly line: number;
  /** Of the function; only if others begin on the line. */
  readonly column?: number | undefined;
  readonly function?: string | undefined;
}

export interface LinesDocument {
  readonly schema: 'memwatch/lines@1';
  readonly functions: readonly {
    readonly name: string;
    readonly file: string;
    readonly lines: readonly {
      readonly line: number;
      readonly hits: number | null;
      readonly timeUs: number | null;
      readonly incrementBytes: number | null;
      readonly externalBytes: number | null;
      readonly source: string;
    }[];
  }[];
}
