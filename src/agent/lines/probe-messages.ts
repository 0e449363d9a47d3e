/** What memwatch and the part of `--probe` that runs in the target send each other. */

/** A place to record at, in V8's own numbers (lines and columns from 0). */
export interface ProbePlace {
  readonly lineNumber: number;
  readonly columnNumber: number;
  readonly counts: boolean;
  /** The code that follows is not timed, because it contains an `await` or `yield`. */
  readonly waits: boolean;
  /** Reached exactly once in a call, before all other places. */
  readonly enters: boolean;
  /** The function returns here. */
  readonly leaves: boolean;
}

export interface ProbeOrder {
  readonly client: string;
  readonly url: string;
  readonly scriptId: string;
  readonly places: readonly ProbePlace[];
  readonly maxHits: number;
  readonly maxMs: number;
}

export type ProbePhase = 'asked' | 'located' | 'set' | 'inactive' | 'removed';

export interface ProbeState {
  readonly phase: ProbePhase;
  readonly error: string | undefined;
  readonly hits: number;
  readonly calls: number;
  /** Where V8 can break inside the function. */
  readonly locations: readonly { lineNumber: number; columnNumber: number; type?: string }[];
  /**
   * For each place, the fields of a row in counters.ts and one more: hits that were not timed. The cost of the probes is
   * still included.
   */
  readonly rows: readonly number[];
  /** For each place: milliseconds and bytes that one probe costs. */
  readonly costs: readonly (readonly [number, number])[];
}

/** What is stored on globalThis. */
export interface Probe {
  phase: ProbePhase;
  error: string | undefined;
  locations: ProbeState['locations'];
  hits: number;
  calls: number;
  rows: Float64Array;
  costs(): [number, number][];
  set(order: ProbeOrder): void;
  remove(): void;
  /** The conditions of the breakpoints: the first ends a line, the second begins the next. Both return false. */
  end(place: number): false;
  begin(place: number): false;
}
