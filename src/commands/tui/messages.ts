/** The messages between the screen's thread and the thread that holds the data. Plain values only. */
import type { CpuCapture } from '../../agent/capture/cpu-profile.js';
import type { IndexUse } from '../../heap-files/heap-file.js';
import type { ErrorCode } from '../../errors.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import type { ProviderEvent } from '../../tui/state/provider.js';
import type { DetailQuery } from '../../tui/state/detail.js';
import type { ListOrder, ListQuery, ListWindow } from '../../tui/state/lists.js';

export interface OpenOptions {
  /** The values of a profile to show. */
  readonly type?: string | undefined;
  /** Whether a snapshot is read from its index; a capture that is removed again has none. */
  readonly index?: IndexUse;
}

export type Request =
  /** Fails if one of the files cannot be shown. */
  | { readonly ask: 'check'; readonly files: readonly string[] }
  /** Reads captures; events report what they hold. */
  | ({ readonly ask: 'open'; readonly files: readonly string[] } & OpenOptions)
  | { readonly ask: 'openAside'; readonly file: string }
  | { readonly ask: 'show'; readonly report: LeakReport }
  /** The last seconds of the CPU, one .cpuprofile as text for each thread. */
  | { readonly ask: 'now'; readonly captures: readonly CpuCapture[] }
  | { readonly ask: 'rows'; readonly query: ListQuery; readonly order: ListOrder; readonly window: ListWindow }
  | { readonly ask: 'detail'; readonly query: DetailQuery };

export type ToWorker = { readonly id: number } & Request;

export type FromWorker =
  | { readonly id: number; readonly answer: unknown }
  /** `interrupted` if another list was asked for meanwhile. */
  | {
      readonly id: number;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined };
    }
  | { readonly event: ProviderEvent };

/** What a command that runs while the screen continues sends to it. */
export type FromCommand =
  | { readonly progress: string }
  | { readonly warning: string }
  | { readonly document: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint: string | undefined } };
