/**
 * What memwatch and a scenario's process say to each other: one request at a time, and one answer to it. In between the
 * process tells which phase it is in, so that a hang or a crash can be placed.
 */
import type { CodePosition, CounterReading } from '../../analyzer/model/check.js';
import type { SurvivorSite } from '../../analyzer/model/survivors.js';

/** A body of work with its limits, as a scenario's module declares them. */
export interface ScenarioDescription {
  /** Calls of `iterate` a round, where the module says so. */
  readonly iterations: number | null;
  /** As the module exports them: numbers, or text with a unit. */
  readonly limits: Readonly<Record<string, string | number>>;
  /** Where `iterate` stands. */
  readonly body: CodePosition | null;
}

export type Request =
  /** Loads the module and runs its `setup`. */
  | { readonly do: 'load'; readonly file: string }
  /** Calls `iterate` so often, or until so much time is over, whichever is first; whole steps, at least one. */
  | {
      readonly do: 'run';
      readonly iterations: number;
      readonly step: number;
      readonly atMostMs: number;
      readonly watchPauses: boolean;
    }
  /** Collects garbage and reads the counters. */
  | { readonly do: 'read' }
  | { readonly do: 'snapshot'; readonly file: string }
  /** From here on it is noted where what stays alive is made. */
  | { readonly do: 'start-sampling' }
  /** What was made since and is alive; ends the sampling. */
  | { readonly do: 'survivors' }
  /** Leaves the process alone for that long, with its event loop free. */
  | { readonly do: 'rest'; readonly ms: number }
  | { readonly do: 'teardown' }
  /** Answered at once, with a Place, also while something else is done: unless the event loop is blocked. */
  | { readonly do: 'where' };

/** What of the scenario is running; '' where nothing is. */
export interface Place {
  readonly place: string;
}

export interface Answers {
  load: ScenarioDescription;
  run: { readonly iterations: number; readonly durationUs: number };
  read: CounterReading;
  snapshot: null;
  'start-sampling': null;
  survivors: readonly SurvivorSite[];
  rest: null;
  teardown: null;
}

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  /** What was asked could not be done; `unusable` is memwatch's own judgement, the rest came out of the scenario. */
  | {
      readonly ok: false;
      /** `unusable` is memwatch's own judgement; the rest came out of the scenario. */
      readonly kind: 'threw' | 'unusable' | 'never-settles';
      readonly message: string;
      readonly hint: string | null;
      readonly stack: string;
      /** Which part of the scenario was running. */
      readonly where: string;
    };
