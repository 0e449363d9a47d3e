/**
 * What a judgement is made of: something that can be made to work, be read, and be written down. A scenario's process
 * is one, and the body of a test in the process that runs it is another.
 */
import type { CodePosition, CounterReading } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import type { Location } from '../analyzer/model/location.js';
import type { SurvivorSite } from '../analyzer/model/survivors.js';

export interface Work {
  readonly iterations: number;
  readonly durationUs: number;
}

export interface Subject {
  /** Calls of the body that belong together; rounds are whole multiples. null: choose by how long a call takes. */
  readonly step: number | null;
  /** Where the body stands: the place to look where nothing nearer is known. */
  readonly body: CodePosition | null;
  /** Works: so many calls, or fewer (whole steps, at least one) when the time is over. */
  run(iterations: number, step: number, atMostMs: number): Promise<Work>;
  /** Leaves it alone for a moment, for what drains by itself. */
  rest(ms: number): Promise<void>;
  /** Collects garbage and reads the counters. */
  read(): Promise<CounterReading>;
  /** Writes a heap snapshot, with its scripts table beside it. */
  snapshot(file: string): Promise<unknown>;
  /** From here on it is noted where what stays alive is made. */
  startSampling(): Promise<void>;
  /** What was made since and is alive; ends the sampling. */
  survivors(): Promise<readonly SurvivorSite[]>;
}

export interface Growth {
  /** What gains with the work, by rank. */
  readonly growing: readonly Finding[];
  /** What gained every time, but less and less: titles alone. */
  readonly slowing: readonly string[];
  /** Where the body stands in the source. */
  readonly place: Location | null;
}

/** Finds what grows over the captures of one subject. */
export interface Analysis {
  /** Told as soon as a snapshot is there, so that it can be read while the subject works on. */
  add(file: string): void;
  /** `work` holds the calls of the body between one capture and the next. */
  growth(work: readonly number[], body: CodePosition | null): Promise<Growth>;
}

export interface JudgeOptions {
  /** What grows is watched for so long, without snapshots, to see whether it levels off. */
  readonly watchMs: number;
  /** Where captures are written. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}
