/**
 * What the screen needs from the data behind it: a Provider, which the commands make. It returns promises and never
 * blocks; lists stay where they are computed, and only the rows on the screen are requested. All names in rows are as
 * they came out of the heap or the profile: they are escaped when rows become lines.
 */
import type { LeakReport } from '../../analyzer/model/finding.js';
import type { ProcessDump } from '../../analyzer/model/dump.js';
import type { MemoryLimit, MemoryOwner, MemoryPressure, MemoryReport } from '../../analyzer/model/memory.js';
import type { Reading } from '../../analyzer/model/reading.js';
import type { Detail, DetailQuery } from './detail.js';
import type { ListOrder, ListQuery, ListWindow, Page } from './lists.js';

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
  /** `precise`: with inlining off, so that every function and line gets its own costs. */
  | { readonly action: 'cpu' | 'alloc'; readonly seconds: number; readonly precise?: boolean }
  /** Shows what runs now, again and again, until it is asked for again. */
  | { readonly action: 'watch' }
  | { readonly action: 'leaks' }
  | { readonly action: 'gc' }
  | { readonly action: ReportName };

/** The commands whose result is a page of text: the memory of the process, what its threads do. */
export type ReportName = 'memory' | 'dump';
export type TargetReport = MemoryReport | ProcessDump;

/** What a search for leaks, or a check, came to. */
export type ShownReport = Pick<LeakReport, 'verdict' | 'reasons' | 'warnings' | 'findings'>;

/** What can be shown, apart from readings. */
export type Dataset = 'heap' | 'growth' | 'leaks' | 'cpu' | 'now' | 'alloc' | 'change';

/** A thread of the process, or a process that it started. */
export interface Thread {
  /** What chooseThread takes; '' is the main thread. */
  readonly id: string;
  readonly title: string;
  /** The process from which the user came to this one. */
  readonly isParent?: boolean;
}

/** What the RSS consists of, and every limit on the way; read less often than a Reading. */
export interface LiveMemory {
  readonly parts: readonly { readonly owner: MemoryOwner; readonly rssBytes: number }[];
  readonly limits: readonly MemoryLimit[];
  readonly pressure: MemoryPressure | null;
  readonly oomKills: number | null;
}

/** One thread of a recording. */
export interface Replay {
  /** At least one, at most `keptReadings`. */
  readonly readings: readonly Reading[];
  /** Of its process, by time. */
  readonly memory: readonly (LiveMemory & { readonly timeMs: number })[];
  readonly marks: readonly { readonly timeMs: number; readonly text: string }[];
  /** In words. */
  readonly end: string;
}

export type ProviderEvent =
  /** A recording, in the place of readings that come one by one. */
  | { readonly type: 'replay'; readonly replay: Replay }
  | { readonly type: 'reading'; readonly reading: Reading }
  | { readonly type: 'memory'; readonly memory: LiveMemory }
  | { readonly type: 'report'; readonly name: ReportName; readonly report: TargetReport }
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
      readonly report?: ShownReport;
      /** Retained sizes are not there yet: `refined` follows. */
      readonly early?: boolean;
      /** The user did not ask for it: it can be opened, but the screen does not change. */
      readonly aside?: boolean;
      /** The next look at the same thing: the views of it stay open. */
      readonly again?: boolean;
    }
  /** Whether the CPU is looked at again and again, or that is paused. */
  | { readonly type: 'watching'; readonly on: boolean }
  /** The tab that shows most about what was loaded. */
  | { readonly type: 'show'; readonly tab: 'live' | 'heap' | 'growth' | 'cpu' | 'lines' }
  /** The same heap, with the retained sizes that were not there yet. */
  | { readonly type: 'refined' }
  | { readonly type: 'failed'; readonly message: string; readonly hint: string | undefined }
  /** As `failed`, but there is nothing at all to show: the screen closes, and the message goes to the shell. */
  | { readonly type: 'hopeless'; readonly message: string; readonly hint: string | undefined }
  /** The target is gone; what was read can still be seen. */
  /** `lives`: the process still runs, but memwatch cannot read it any more. */
  | { readonly type: 'ended'; readonly text: string; readonly crashed?: boolean; readonly lives?: boolean };
