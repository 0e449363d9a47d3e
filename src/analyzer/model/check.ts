/**
 * The result of `check`, and what is read from a process between rounds. These types are the document `memwatch/check@1`.
 * Every number in them was measured; null means that it was not.
 */
import type { Finding, Verdict } from './finding.js';

export interface CheckReport {
  readonly schema: 'memwatch/check@1';
  readonly passed: boolean;
  readonly scenarios: readonly ScenarioReport[];
  /** The baseline file with the known leaks, as the user named it; null if there is none. */
  readonly baseline: string | null;
  readonly warnings: readonly string[];
}

export interface ScenarioReport {
  /** As the user named it; the target's name if a service was checked. */
  readonly file: string;
  readonly passed: boolean;
  /** `failed`: the scenario did not run to its end, so nothing is known about its memory; see `failure`. */
  readonly verdict: Verdict | 'failed';
  /** The reasons for the verdict, in figures. */
  readonly reasons: readonly string[];
  readonly findings: readonly CheckFinding[];
  /** Signatures of findings that are not in the baseline. */
  readonly new: readonly string[];
  /** Signatures of findings that are in the baseline, at about its rate. */
  readonly known: readonly string[];
  /** Signatures of findings that are in the baseline at a clearly lower rate. */
  readonly worse: readonly string[];
  /** Signatures in the baseline that no longer grow. */
  readonly gone: readonly string[];
  readonly limits: readonly LimitResult[];
  readonly failure: ScenarioFailure | null;
  /** Rounds that counted, without warm-up rounds. */
  readonly rounds: number;
  /** Calls of the body in each counted round; empty if a service was checked, of which only the load is known. */
  readonly iterations: readonly number[];
  /** Before the first counted round, then after each. */
  readonly readings: readonly CounterReading[];
  readonly snapshots: number;
  readonly durationUs: number;
  readonly warnings: readonly string[];
}

/** A finding with its rate per call of the body; null if a service was checked, of which only the load is known. */
export interface CheckFinding extends Finding {
  readonly bytesPerIteration: number | null;
  readonly countPerIteration: number | null;
}

/** Why a scenario did not run to its end. */
export interface ScenarioFailure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint: string | null;
  /** The stack of what it threw, or the last lines that it printed. */
  readonly output: string;
}

export type FailureKind =
  | 'threw'
  | 'crashed'
  | 'exited'
  | 'timeout'
  | 'never-settles'
  /** memwatch could not run it: it is not a scenario, or this Node cannot load it. */
  | 'unusable';

export type LimitName = 'max-growth' | 'max-heap' | 'max-pause' | 'max-waste';

export interface LimitResult {
  readonly name: LimitName;
  /** Bytes, or microseconds for `max-pause`. */
  readonly limit: number;
  readonly measured: number;
  readonly exceeded: boolean;
}

/** What is read from a process after a forced collection; costs a few milliseconds. */
export interface CounterReading {
  readonly heapUsedBytes: number;
  /** Memory that V8 has reserved for the heap, used or not; V8 does not return all that was once used. */
  readonly heapTotalBytes: number;
  /** Memory outside the heap that heap objects hold, including array buffers. */
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  /** null if the process contains more than the subject. */
  readonly rssBytes: number | null;
  /** Realms: the main one, and one for each vm context that is still reachable. */
  readonly nativeContexts: number;
  /** What keeps the event loop alive, by type (`TCPServerWrap`, `Timeout`, `Immediate`…). */
  readonly resources: Readonly<Record<string, number>>;
  /** Open file descriptors; null if the system does not say. */
  readonly fileDescriptors: number | null;
  /** Threads of the process; null if the system does not say. */
  readonly threads: number | null;
  /** Child processes that still run; null if the system does not say. */
  readonly childProcesses: number | null;
  /** The longest garbage collection pause in the round, without the collections that memwatch forced; null if not watched. */
  readonly longestGcPauseUs: number | null;
}

/** A leak as it is stored in a baseline. */
export interface KnownLeak {
  readonly signature: string;
  readonly kind: string;
  readonly bytesPerIteration: number;
  readonly countPerIteration: number;
}

/** The known leaks by scenario; the key is its path from the baseline's folder, with `/`. */
export type Baseline = ReadonlyMap<string, readonly KnownLeak[]>;

/** A place in code as V8 reports it: 0-based. */
export interface CodePosition {
  readonly scriptId: number;
  readonly line: number;
  readonly column: number;
}
