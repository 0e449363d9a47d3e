/**
 * A subject is what a judgement examines: something that can be made to work, whose counters can be read and whose heap
 * can be captured. A scenario's process is one; the body of a test, in the process that runs the test, is another.
 */
import type { Openings } from '../agent/capture/openings-in-target.js';
import type { CodePosition, CounterReading } from '../analyzer/model/check.js';
import type { Finding, SeenSite } from '../analyzer/model/finding.js';
import type { Location } from '../analyzer/model/location.js';
import type { SurvivorSite } from '../analyzer/model/survivors.js';

export interface Work {
  readonly iterations: number;
  readonly durationUs: number;
}

export interface Subject {
  /** Calls of the body that belong together; rounds are whole multiples. null: choose by how long a call takes. */
  readonly step: number | null;
  /** Where the body is in the source: the place to report when nothing more exact is known. */
  readonly body: CodePosition | null;
  /** Runs this many calls, or fewer (whole steps, at least one) if the time runs out. */
  run(iterations: number, step: number, atMostMs: number): Promise<Work>;
  /** Waits a moment, so that what drains by itself can do so. */
  rest(ms: number): Promise<void>;
  /** Collects garbage and reads the counters. */
  read(): Promise<CounterReading>;
  /** Writes a heap snapshot, and its scripts table next to it. */
  snapshot(file: string): Promise<unknown>;
  /** Starts to record where the objects that stay alive are allocated. */
  startSampling(): Promise<void>;
  /** What has been allocated since then and is still alive; ends the sampling. */
  survivors(): Promise<readonly SurvivorSite[]>;
  /** Runs this many calls, or fewer, and returns the stacks that opened what is still open afterwards. */
  openings(of: Openings, iterations: number, step: number): Promise<readonly SeenSite[]>;
}

export interface Growth {
  /** What grows with the work, by rank. */
  readonly growing: readonly Finding[];
  /** What grew in every round, but slows down: only the titles. */
  readonly slowing: readonly string[];
  /** Where the body is in the source. */
  readonly place: Location | null;
}

/** Finds what grows over the captures of one subject. */
export interface Analysis {
  /** Called as soon as a snapshot exists, so that it can be read while the subject continues to work. */
  add(file: string): void;
  /** `work` holds the calls of the body between one capture and the next. */
  growth(work: readonly number[], body: CodePosition | null): Promise<Growth>;
}

export interface JudgeOptions {
  /** How long growth is watched, without snapshots, to see whether it levels off. */
  readonly watchMs: number;
  /** Where captures are written. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}
