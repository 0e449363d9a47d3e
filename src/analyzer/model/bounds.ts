/**
 * How fast each kind of memory or handle of a process grows, with its uncertainty. Part of the document `memwatch/leaks@1`.
 */

export interface Slope {
  readonly estimate: number;
  /** The true slope lies between these with the requested confidence; infinite if too little is known. */
  readonly low: number;
  readonly high: number;
}

export interface Bound {
  /** `heap`, `external`, `file descriptors`…: a name that does not change from run to run. */
  readonly of: string;
  readonly unit: 'bytes' | 'count';
  readonly perSecond: { readonly estimate: number; readonly low: number | null; readonly high: number | null };
}
