/**
 * What `check` says of scenarios, and what is read of a process between their rounds. These types are the document
 * `memwatch/check@1`; every number in them was measured, and null stands where nothing was.
 */
import type { Finding, Verdict } from './finding.js';

export interface CheckReport {
  readonly schema: 'memwatch/check@1';
  readonly passed: boolean;
  readonly scenarios: readonly ScenarioReport[];
  /** The baseline that known leaks were looked up in, as the user named it; null where there is none. */
  readonly baseline: string | null;
  readonly warnings: readonly string[];
}

export interface ScenarioReport {
  /** As the user named it, or the target's name where a service was checked. */
  readonly file: string;
  readonly passed: boolean;
  /** `failed`: the scenario did not run to its end, so nothing can be said of its memory; see `failure`. */
  readonly verdict: Verdict | 'failed';
  /** Why this verdict, in figures. */
  readonly reasons: readonly string[];
  readonly findings: readonly CheckFinding[];
  /** Signatures of findings that no baseline knows. */
  readonly new: readonly string[];
  /** Signatures of findings that the baseline knows, at about the rate it knows. */
  readonly known: readonly string[];
  /** Signatures that the baseline knows at a clearly lower rate. */
  readonly worse: readonly string[];
  /** Signatures in the baseline that did not grow any more. */
  readonly gone: readonly string[];
  readonly limits: readonly LimitResult[];
  readonly failure: ScenarioFailure | null;
  /** Rounds that counted; warm-up is not among them. */
  readonly rounds: number;
  /** Calls of the body in each counted round; empty where a service was checked by its load alone. */
  readonly iterations: readonly number[];
  /** Before the first counted round, then after each. */
  readonly readings: readonly CounterReading[];
  readonly snapshots: number;
  readonly durationUs: number;
  readonly warnings: readonly string[];
}

/** A finding with its rate for one call of the body; null where a service was checked by its load alone. */
export interface CheckFinding extends Finding {
  readonly bytesPerIteration: number | null;
  readonly countPerIteration: number | null;
}

/** Why a scenario did not run to its end. */
export interface ScenarioFailure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint: string | null;
  /** Stack of what it threw, or the last lines it printed. */
  readonly output: string;
}

export type FailureKind =
  | 'threw'
  | 'crashed'
  | 'exited'
  | 'timeout'
  | 'never-settles'
  /** Memwatch could not run it: it is not a scenario, or this Node cannot load it. */
  | 'unusable';

export type LimitName = 'max-growth' | 'max-heap' | 'max-pause';

export interface LimitResult {
  readonly name: LimitName;
  /** Bytes, or microseconds for `max-pause`. */
  readonly limit: number;
  readonly measured: number;
  readonly exceeded: boolean;
}

/** What is read of a process after a forced collection, at the cost of a few milliseconds. */
export interface CounterReading {
  readonly heapUsedBytes: number;
  /** What V8 holds for the heap, used or not: it keeps some of what was used once. */
  readonly heapTotalBytes: number;
  /** Outside the heap, held by heap objects (holds array buffers). */
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  /** null where it is not the subject's alone. */
  readonly rssBytes: number | null;
  /** Realms: the main one, and one for each vm context that is still reachable. */
  readonly nativeContexts: number;
  /** What keeps the event loop alive, by type (`TCPServerWrap`, `Timeout`, `Immediate`…). */
  readonly resources: Readonly<Record<string, number>>;
  /** Open file descriptors; null where the system does not tell. */
  readonly fileDescriptors: number | null;
  /** Threads of the process; null where the system does not tell. */
  readonly threads: number | null;
  /** Processes that it started and that still run; null where the system does not tell. */
  readonly childProcesses: number | null;
  /** Longest pause for garbage collection in the round, without the collections memwatch forced; null where not watched. */
  readonly longestGcPauseUs: number | null;
}

/** A leak as a baseline knows it. */
export interface KnownLeak {
  readonly signature: string;
  readonly kind: string;
  readonly bytesPerIteration: number;
  readonly countPerIteration: number;
}

/** The known leaks by scenario: its path from the baseline's folder, with `/`. */
export type Baseline = ReadonlyMap<string, readonly KnownLeak[]>;

/** Where code stands as V8 tells it: 0-based. */
export interface CodePosition {
  readonly scriptId: number;
  readonly line: number;
  readonly column: number;
}
