/**
 * What memory a heap could do without, by kind: the document `memwatch/waste@1`. No byte is counted under two kinds.
 */
import type { Location } from './location.js';
import type { PathStep } from './path.js';

export interface WasteReport {
  readonly schema: 'memwatch/waste@1';
  /** The target's; missing if the capture does not say. */
  readonly nodeVersion?: string | undefined;
  /** Bytes of the whole heap. */
  readonly totalBytes: number;
  /** The sum over the kinds. */
  readonly wastedBytes: number;
  /** The largest first; kinds below a thousandth of the heap are left out. */
  readonly kinds: readonly WasteKind[];
}

export interface WasteKind {
  /** A word for programs, such as `equal-strings`. */
  readonly kind: string;
  /** The same, for readers. */
  readonly title: string;
  readonly count: number;
  /** What would be saved. */
  readonly bytes: number;
  /** Why the figure is an upper bound; null if it is exact. */
  readonly upperBound: string | null;
  /** Those that are held in the same way make one example; the largest first. */
  readonly examples: readonly WasteExample[];
  readonly advice: string;
}

export interface WasteExample {
  /** The largest of those that are held in this way: V8's id, printed as `@id`. */
  readonly id: number;
  readonly name: string;
  readonly path: readonly PathStep[];
  /** The class or function nearest to it on its path; null if it is not known. */
  readonly location: Location | null;
  readonly count: number;
  readonly bytes: number;
}
