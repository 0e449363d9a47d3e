/** What changed from one snapshot to the next, by class and by object. */
import type { HeapObject } from './heap-results.js';

export interface ClassGrowth {
  readonly name: string;
  /** How many of its objects are new, and how many are gone; null if ids cannot be compared. */
  readonly added: number | null;
  readonly freed: number | null;
  readonly countDelta: number;
  readonly selfDelta: number;
  readonly retainedDelta: number;
}

/** One object that is in every snapshot and retains more than before. */
export interface ObjectGrowth extends Omit<HeapObject, 'retainedBytes'> {
  /** One figure per snapshot. */
  readonly retainedBytes: readonly number[];
  readonly retainedDelta: number;
}

export interface HeapDiff {
  /** Whether something shows that the snapshots are of one process. */
  readonly sameProcess: boolean;
  /**
   * How the same object was found in each snapshot: by V8's id; or by the path to it, if a new inspector session assigned
   * new ids, or if they are of two processes.
   */
  readonly matchedBy: 'id' | 'path';
  /** Bytes of the whole heap, one figure per snapshot. */
  readonly heapBytes: readonly number[];
  /** Sorted by how much more they retain. */
  readonly classes: readonly ClassGrowth[];
  /** Sorted by growth, those that grew in every snapshot first. */
  readonly objects: readonly ObjectGrowth[];
}
