/**
 * What `leaks` says: a verdict with its reasons, and findings, each one thing that grows. These types are the document
 * `memwatch/leaks@1`; every number in them was measured, and null stands where nothing was.
 */
import type { Bound } from './bounds.js';
import type { Location } from './location.js';
import type { PathStep } from './path.js';

export type Verdict = 'leak' | 'clean' | 'inconclusive';

/** What was read: full snapshots; or counts by class and container sizes alone, which name no retainer. */
export type Evidence = 'snapshots' | 'census';

export interface LeakReport {
  readonly schema: 'memwatch/leaks@1';
  readonly verdict: Verdict;
  /** Why this verdict, in figures; at least one. */
  readonly reasons: readonly string[];
  readonly evidence: Evidence;
  /** Rounds that counted; warm-up rounds are not among them. */
  readonly rounds: number;
  /** Collected heap at the end of each counted round; empty where only files were read. */
  readonly heapBytes: readonly number[];
  /** Heap snapshots that were compared. */
  readonly snapshots: number;
  /** By rank. */
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  /** How fast each thing that was looked at grows, at 95 %; empty where only files were read. */
  readonly bounds: readonly Bound[];
  readonly looked: readonly string[];
  readonly notLooked: readonly NotLooked[];
  /** The worker threads, each with the verdict over its own heap. */
  readonly threads: readonly ThreadVerdict[];
}

export interface NotLooked {
  readonly what: string;
  readonly why: string;
}

export interface ThreadVerdict {
  /** Its threadId, as `<pid>/<worker>` names it. */
  readonly worker: string;
  readonly verdict: Verdict;
}

/** The shape of the thing that grows. */
export type FindingKind =
  | 'map'
  | 'set'
  | 'array'
  | 'dictionary'
  | 'linked-list'
  | 'closure-chain'
  | 'listeners'
  | 'promise-reactions'
  | 'timers'
  | 'weak-set'
  | 'string'
  | 'buffer'
  | 'native'
  | 'class';

export interface Finding {
  /** 1 is the first to look at. */
  readonly rank: number;
  readonly kind: FindingKind;
  /** One line: what grows, and where it hangs. */
  readonly title: string;
  /** Class and edge names alone: the same leak keeps it over runs, machines and line changes. */
  readonly signature: string;
  /** Bytes that this root alone is to blame for, a round; no byte counts for two findings. null: a census knows no bytes. */
  readonly bytesPerRound: number | null;
  /** Entries gained a round. */
  readonly countPerRound: number;
  /** Bytes gained a round by all that the container retains, shared or not. */
  readonly retainedBytesPerRound: number | null;
  /** Entries at each snapshot (or each round of the census). */
  readonly history: readonly number[];
  readonly container: FindingContainer;
  /** What the container gains: class names with entries gained a round, most first. */
  readonly gains: readonly ClassGain[];
  /** Shortest retaining path, from the root to the container. */
  readonly path: readonly PathStep[];
  /** Where the code stands that owns the container. */
  readonly location: Location | null;
  readonly owner: Owner;
  /** Functions that it keeps more of in each round; none where it keeps data alone, or only counts were read. */
  readonly keptFunctions: readonly KeptFunction[];
  readonly allocationSites: readonly AllocationSite[];
  /** Empty unless growth sites were asked for. */
  readonly growthSites: readonly GrowthSite[];
  /** What this shape of growth usually is, and what cures it; null where the shape is not a known one. */
  readonly advice: string | null;
  /** Why this is held to be a leak, in figures. */
  readonly reasons: readonly string[];
}

export interface FindingContainer {
  /** V8's id, the `@id` of a snapshot. */
  readonly id: number;
  readonly name: string;
  readonly type: string;
}

export interface ClassGain {
  readonly name: string;
  readonly countPerRound: number;
  readonly selfBytesPerRound: number;
}

/** Whose code holds the container. */
export type Owner =
  | { readonly kind: 'application' }
  | { readonly kind: 'dependency'; readonly package: string; readonly version: string | null }
  | { readonly kind: 'node' }
  | { readonly kind: 'unknown' };

/** Where a function is written that is kept over and over: a closure, a listener. */
export interface KeptFunction {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly countPerRound: number;
}

export interface AllocationSite {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** Sampled bytes that survived the rounds. An estimate: the sampler scales it up. */
  readonly bytes: number;
}

export interface GrowthSite {
  readonly stack: readonly StackFrame[];
  /** Additions seen from this stack while it was watched. */
  readonly count: number;
}

export interface StackFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}
