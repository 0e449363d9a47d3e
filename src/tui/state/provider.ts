/**
 * What the screen needs from the data behind it: a Provider, which the commands make. It returns promises and never
 * blocks; lists stay where they are computed, and only the rows on the screen are requested. All names in rows are as
 * they came out of the heap or the profile: they are escaped when rows become lines.
 */
import type { Finding, LeakReport } from '../../analyzer/model/finding.js';
import type { Location } from '../../analyzer/model/location.js';
import type { Reading } from '../../analyzer/model/reading.js';

export interface Provider {
  /** What is shown, in a few words: `pid 4711 server.js (v22.23.3)`, or file names. */
  readonly title: string;
  /** True for a running process: actions on the target work, and readings come. */
  readonly live: boolean;
  /** Starts to load and to send events. Called once. */
  start(emit: (event: ProviderEvent) => void): void;
  rows(query: ListQuery, order: ListOrder, window: ListWindow): Promise<Page>;
  detail(query: DetailQuery): Promise<Detail>;
  /** What an action will cost the target, in lines; undefined if it costs almost nothing. */
  estimate(action: TargetAction): Promise<readonly string[] | undefined>;
  /** Runs an action; its results come as `loaded` events. Returns a line that says what was done. */
  run(action: TargetAction, options: RunOptions): Promise<string>;
  /** Writes lines of the screen to a file in the current folder and returns its name. */
  save(format: SaveFormat, title: string, lines: readonly string[]): Promise<string>;
  /** From now on reads another thread. */
  chooseThread(id: string): Promise<void>;
  /** Stops loading, as Esc asks. */
  cancelLoading(): void;
  /** Detaches and ends its threads. */
  close(): Promise<void>;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export type SaveFormat = 'text' | 'markdown' | 'html';

export type TargetAction =
  | { readonly action: 'snapshot' }
  | { readonly action: 'cpu'; readonly seconds: number }
  | { readonly action: 'alloc'; readonly seconds: number }
  | { readonly action: 'leaks' }
  | { readonly action: 'gc' };

/** What can be shown, apart from readings. */
export type Dataset = 'heap' | 'growth' | 'leaks' | 'cpu' | 'alloc';

/** A thread of the process, or a process that it started. */
export interface Thread {
  /** What chooseThread takes; '' is the main thread. */
  readonly id: string;
  readonly title: string;
  /** The process from which the user came to this one. */
  readonly isParent?: boolean;
}

export type ProviderEvent =
  | { readonly type: 'reading'; readonly reading: Reading }
  /** Why no reading comes: the process is stopped, or is in native code. */
  | { readonly type: 'silent'; readonly text: string }
  /** From now on another process or thread is shown. */
  | { readonly type: 'target'; readonly title: string; readonly thread: string }
  | { readonly type: 'threads'; readonly threads: readonly Thread[] }
  | { readonly type: 'loading'; readonly text: string }
  | {
      readonly type: 'loaded';
      readonly dataset: Dataset;
      readonly summary: string;
      readonly report?: LeakReport;
      /** Retained sizes are not there yet: `refined` follows. */
      readonly early?: boolean;
      /** The user did not ask for it: it can be opened, but the screen does not change. */
      readonly aside?: boolean;
    }
  /** The tab that shows most about what was loaded. */
  | { readonly type: 'show'; readonly tab: 'heap' | 'growth' | 'cpu' | 'lines' }
  /** The same heap, with the retained sizes that were not there yet. */
  | { readonly type: 'refined' }
  | { readonly type: 'failed'; readonly message: string; readonly hint: string | undefined }
  /** As `failed`, but there is nothing at all to show: the screen closes, and the message goes to the shell. */
  | { readonly type: 'hopeless'; readonly message: string; readonly hint: string | undefined }
  /** The target is gone; what was read can still be seen. */
  /** `lives`: the process still runs, but memwatch cannot read it any more. */
  | { readonly type: 'ended'; readonly text: string; readonly crashed?: boolean; readonly lives?: boolean };

export type ProfileName = 'cpu' | 'alloc';

export type ListQuery =
  | { readonly list: 'classes' }
  | { readonly list: 'biggest' }
  | { readonly list: 'objects'; readonly className: string }
  | { readonly list: 'dominators' }
  | { readonly list: 'fields'; readonly node: number }
  | { readonly list: 'retainers'; readonly node: number }
  /** The retained size: what would be freed with the object. */
  | { readonly list: 'dominated'; readonly node: number }
  | { readonly list: 'findings' }
  | { readonly list: 'grownClasses' }
  | { readonly list: 'grownObjects' }
  | { readonly list: 'functions'; readonly profile: ProfileName }
  | { readonly list: 'callers'; readonly profile: ProfileName; readonly frame: number }
  | { readonly list: 'callees'; readonly profile: ProfileName; readonly frame: number }
  | { readonly list: 'hotLines'; readonly profile: ProfileName };

export interface ListOrder {
  /** Id of a column. */
  readonly sort: string;
  readonly descending: boolean;
  /** Shows rows whose name contains it, in upper or lower case; '' shows all. */
  readonly filter: string;
  /** Keys of the rows of a tree that are open. */
  readonly expanded: readonly string[];
}

export interface ListWindow {
  readonly from: number;
  readonly count: number;
}

export interface Page {
  readonly from: number;
  readonly rows: readonly Row[];
  /** Rows that match the filter. */
  readonly matched: number;
  readonly total: number;
  /** What 100 % is: bytes of the heap, microseconds of the profile. */
  readonly whole: number;
}

export interface ClassRow {
  readonly kind: 'class';
  readonly name: string;
  readonly count: number;
  readonly selfBytes: number;
  /** null until it is computed. */
  readonly retainedBytes: number | null;
  /** The biggest object of the class; its retaining path is shown for the class. */
  readonly biggest: number | undefined;
}

export interface ObjectRow {
  readonly kind: 'object';
  /** Place of the row in its tree: node or edge numbers from the top, `12/7/3`. */
  readonly key: string;
  readonly node: number;
  readonly id: number;
  /** How its holder (or, among retainers, the row itself) refers to it; undefined at the top of a tree. */
  readonly edge: string | undefined;
  readonly name: string;
  readonly type: string;
  readonly selfBytes: number;
  readonly retainedBytes: number | null;
  readonly depth: number;
  readonly branches: boolean;
  readonly open: boolean;
  /** Where a function or class is in the source, if that is known. */
  readonly place: Location | undefined;
}

export interface GrowthRow {
  readonly kind: 'growth';
  readonly name: string;
  /** Node in the last snapshot; undefined for a class. */
  readonly node: number | undefined;
  readonly id: number | undefined;
  /** One figure per snapshot; null if it was not in that one. */
  readonly history: readonly (number | null)[];
  readonly bytesDelta: number;
  readonly countDelta: number | undefined;
  readonly path: string;
}

export interface FindingRow {
  readonly kind: 'finding';
  readonly finding: Finding;
}

export interface FunctionRow {
  readonly kind: 'function';
  /** The number by which callers and callees are requested; -1 for a saved result, which does not have them. */
  readonly frame: number;
  readonly name: string;
  readonly place: Location | undefined;
  /** Its most expensive line, if lines were measured; `place` is where the function begins. */
  readonly hottest: Location | undefined;
  readonly self: number;
  readonly total: number;
  /** Bytes of its own that are still alive; undefined if that was not measured. */
  readonly live: number | undefined;
  readonly unit: 'microseconds' | 'bytes' | 'count';
}

export interface LineRow {
  readonly kind: 'line';
  readonly place: Location;
  readonly functionName: string;
  readonly self: number;
  readonly unit: 'microseconds' | 'bytes' | 'count';
}

export type Row = ClassRow | ObjectRow | GrowthRow | FindingRow | FunctionRow | LineRow;

export type DetailQuery =
  /** Why an object is alive: the path from a root to it. */
  | { readonly detail: 'path'; readonly node: number }
  /** The text of a file and what its lines cost. */
  | { readonly detail: 'source'; readonly file: string }
  /** The part of a flame graph that is wide enough to be seen. */
  | {
      readonly detail: 'flame';
      readonly profile: ProfileName;
      readonly root: number;
      readonly columns: number;
      readonly rows: number;
    };

export interface PathStepRow {
  /** undefined for the root. */
  readonly edge: string | undefined;
  readonly name: string;
  readonly id: number;
  readonly retainedBytes: number | null;
  readonly place: Location | undefined;
}

export interface PathDetail {
  readonly detail: 'path';
  readonly steps: readonly PathStepRow[];
}

/** What one line costs; figures that were not measured are undefined. */
export interface LineCost {
  readonly line: number;
  readonly selfUs?: number;
  readonly hits?: number;
  readonly bytes?: number;
}

export interface SourceDetail {
  readonly detail: 'source';
  readonly file: string;
  /** undefined: the text is not available, and `why` says why. */
  readonly lines: readonly string[] | undefined;
  readonly why: string | undefined;
  readonly costs: readonly LineCost[];
  /** What 100 % of the time is. */
  readonly wholeUs: number;
}

export interface FlameBox {
  /** Node of the call tree. */
  readonly key: number;
  readonly name: string;
  readonly place: Location | undefined;
  readonly hottest: Location | undefined;
  /** First cell, and number of cells. */
  readonly x: number;
  readonly width: number;
  readonly self: number;
  readonly total: number;
}

export interface FlameDetail {
  readonly detail: 'flame';
  readonly root: number;
  readonly unit: 'microseconds' | 'bytes' | 'count';
  readonly whole: number;
  /** Callers of the root, outermost first. */
  readonly ancestors: readonly FlameBox[];
  /** Each depth below, from the root down. */
  readonly rows: readonly (readonly FlameBox[])[];
}

export type Detail = PathDetail | SourceDetail | FlameDetail;
