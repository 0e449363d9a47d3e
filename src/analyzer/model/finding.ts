/**
 * The result of `leaks`: a verdict with its reasons, and findings, each of which is one thing that grows. These types are
 * the document `memwatch/leaks@1`. Every number in them was measured; null means that it was not.
 */
import type { Bound } from './bounds.js';
import type { Location } from './location.js';
import type { PathStep } from './path.js';

export type Verdict = 'leak' | 'clean' | 'inconclusive';

/** What was read: full snapshots, or only counts by class and container sizes, which name no retainer. */
export type Evidence = 'snapshots' | 'census';

export interface LeakReport {
  readonly schema: 'memwatch/leaks@1';
  /** The target's; missing if only files were read. */
  readonly nodeVersion?: string | undefined;
  readonly verdict: Verdict;
  /** The reasons for the verdict, in figures; at least one. */
  readonly reasons: readonly string[];
  readonly evidence: Evidence;
  /** Rounds that counted, without warm-up rounds. */
  readonly rounds: number;
  /** Collected heap at the end of each counted round; empty if only files were read. */
  readonly heapBytes: readonly number[];
  /** Heap snapshots that were compared. */
  readonly snapshots: number;
  /** By rank. */
  readonly findings: readonly Finding[];
  /** What grows, too, but is bounded by the code: no leak as far as is known. */
  readonly bounded?: readonly Finding[] | undefined;
  readonly warnings: readonly string[];
  /** How fast each measured quantity grows, with 95 % confidence; empty if only files were read. */
  readonly bounds: readonly Bound[];
  readonly looked: readonly string[];
  readonly notLooked: readonly NotLooked[];
  /** The worker threads, each with the verdict on its own heap. */
  readonly threads: readonly ThreadVerdict[];
}

export interface NotLooked {
  readonly what: string;
  readonly why: string;
}

export interface ThreadVerdict {
  /** Its threadId, as in `<pid>/<worker>`. */
  readonly worker: string;
  readonly verdict: Verdict;
}

/** The kind of thing that grows. */
export type FindingKind =
  | 'map'
  | 'set'
  | 'array'
  | 'dictionary'
  | 'linked-list'
  | 'closure-chain'
  | 'listeners'
  | 'promise-reactions'
  | 'promise-chain'
  | 'timers'
  | 'weak-set'
  | 'string'
  | 'buffer'
  | 'symbol-registry'
  | 'native'
  | 'class';

export interface Finding {
  /** 1 is the finding to look at first. */
  readonly rank: number;
  readonly kind: FindingKind;
  /** One line: what grows, and what holds it. */
  readonly title: string;
  /** Class and edge names only: the same leak has the same signature in every run, on every machine, and after line changes. */
  readonly signature: string;
  /**
   * Bytes per round that only this root accounts for; no byte counts for two findings. null for a census, which knows no
   * bytes.
   */
  readonly bytesPerRound: number | null;
  /** Entries gained per round. */
  readonly countPerRound: number;
  /** Bytes gained per round by everything that the container retains, shared or not. */
  readonly retainedBytesPerRound: number | null;
  /** Entries at each snapshot (or in each round of the census). */
  readonly history: readonly number[];
  readonly container: FindingContainer;
  /** What the container gains: class names with entries gained per round, most first. */
  readonly gains: readonly ClassGain[];
  /** The shortest retaining path, from the root to the container. */
  readonly path: readonly PathStep[];
  /** The place of the code that owns the container. */
  readonly location: Location | null;
  /** If several lines add to the container: all of them, in the order of the text. Empty if Node adds to it for the program. */
  readonly additions?: readonly AddingLine[] | undefined;
  readonly owner: Owner;
  /** Functions of which it keeps more in each round; empty if it keeps only data, or if only counts were read. */
  readonly keptFunctions: readonly KeptFunction[];
  readonly allocationSites: readonly AllocationSite[];
  /** Empty unless growth sites were asked for. */
  readonly growthSites: readonly GrowthSite[];
  /** What this shape of growth usually is, and how to fix it; null if the shape is not a known one. */
  readonly advice: string | null;
  /** The reasons for calling this a leak, in figures. */
  readonly reasons: readonly string[];
  /** The code deletes from it, at a point that is not reached yet: it may stop growing, and is not called a leak. */
  readonly bounded?: Bounded | undefined;
}

/** The fields of a finding of which nothing but figures is known: no object holds it, and no place in the source is known. */
export const unplaced = {
  rank: 0,
  gains: [],
  path: [],
  location: null,
  owner: { kind: 'unknown' },
  keptFunctions: [],
  allocationSites: [],
  growthSites: [],
} as const satisfies Partial<Finding>;

export interface AddingLine {
  readonly location: Location;
  /** Where the function begins that it is in; null at the top level of a module. */
  readonly function: Location | null;
}

export interface Bounded {
  /** Where the code deletes, or sets the timer that deletes. */
  readonly location: Location | null;
  /** The rest of a sentence about the finding: what bounds it, and when to look again. */
  readonly text: string;
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

/** A function of which more and more closures are kept, such as a listener, with its place in the source. */
export interface KeptFunction {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly countPerRound: number;
}

/** The line of the call is that on which it calls the function of Node's that allocates. */
export interface AllocationSite extends Caller {
  /** Sampled bytes that survived the rounds. An estimate, scaled up from the samples. */
  readonly bytes: number;
  /** The application's function that called it, if it is in a dependency. */
  readonly calledFrom: Caller | null;
}

export interface Caller extends CodeLine {
  /** The line of the call, in the same file; left out if it is not known. */
  readonly callLine?: number | undefined;
}

/** A function, with the line where it begins. */
export interface CodeLine {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

export interface GrowthSite {
  readonly stack: readonly StackFrame[];
  /** Additions that were seen from this stack while the container was watched. */
  readonly count: number;
}

export interface StackFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** A stack as the target has it, and how often it was seen: a growth site before its places are those of the source. */
export interface SeenSite {
  readonly stack: readonly SeenFrame[];
  count: number;
}

export interface SeenFrame {
  readonly function: string;
  readonly url: string;
  /** 1-based, as in a stack trace. */
  readonly line: number;
  readonly column: number;
}
