/**
 * The messages between memwatch and a scenario's process: one request at a time, and one answer to it. In between, the
 * process reports which phase it is in, so that a hang or a crash can be located.
 */
import type { Openings } from '../capture/openings-in-target.js';
import type { SeenSite } from '../../analyzer/model/finding.js';
import type { CodePosition, CounterReading } from '../../analyzer/model/check.js';
import type { SurvivorSite } from '../../analyzer/model/survivors.js';

/** A scenario with its limits, as its module declares them. */
export interface ScenarioDescription {
  /** Calls of `iterate` per round, if the module says so. */
  readonly iterations: number | null;
  /** As the module exports them: numbers, or text with a unit. */
  readonly limits: Readonly<Record<string, string | number>>;
  /** Where `iterate` is in the source. */
  readonly body: CodePosition | null;
}

export type Request =
  /** Loads the module and runs its `setup`. */
  | { readonly do: 'load'; readonly file: string }
  /** Calls `iterate` this often, or until this much time has passed, whichever is first; whole steps only, at least one. */
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
  /** From here on, records where objects that stay alive are allocated. */
  | { readonly do: 'start-sampling' }
  /** Returns what was allocated since and is still alive, and ends the sampling. */
  | { readonly do: 'survivors' }
  /** Calls `iterate` again, and returns the stacks that opened what is still open afterwards. */
  | { readonly do: 'openings'; readonly of: Openings; readonly iterations: number; readonly step: number }
  /** Leaves the process alone for this long, with its event loop free. */
  | { readonly do: 'rest'; readonly ms: number }
  | { readonly do: 'teardown' }
  /** Answered at once with a Place, even while something else is done, unless the event loop is blocked. */
  | { readonly do: 'where' };

/** The part of the scenario that runs now; '' if none does. */
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
  openings: readonly SeenSite[];
  rest: null;
  teardown: null;
}

export type Reply =
  | { readonly ok: true; readonly value: unknown }
  /** The request could not be fulfilled. */
  | {
      readonly ok: false;
      /** `unusable` is memwatch's own judgement; the others come from the scenario. */
      readonly kind: 'threw' | 'unusable' | 'never-settles';
      readonly message: string;
      readonly hint: string | null;
      readonly stack: string;
      /** Which part of the scenario was running. */
      readonly where: string;
    };
