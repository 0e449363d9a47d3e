/** `memwatch/watch@1`: a condition held, and this is the evidence of that moment. */
import type { Verdict } from './finding.js';
import type { KeptSite } from './why.js';

export interface WatchEvent {
  readonly schema: 'memwatch/watch@1';
  /** When the condition held. */
  readonly timeMs: number;
  /** null if it is not a process of this machine. */
  readonly pid: number | null;
  readonly script: string;
  readonly nodeVersion: string;
  /** The conditions, as they were given, with what was measured. */
  readonly alarms: readonly { readonly condition: string; readonly reason: string }[];
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly folder: string;
  /** In that folder. */
  readonly files: readonly string[];
  /** null if the search for leaks could not be made. */
  readonly verdict: Verdict | null;
  /** What grows, most first, without values from the heap. */
  readonly findings: readonly { readonly title: string; readonly place: string | null }[];
  /** Which functions allocated what stayed alive while it was sampled. */
  readonly sites: readonly KeptSite[];
  /** What could not be captured, and why; and what it cost the process. */
  readonly notes: readonly string[];
}
