/** What changed from one snapshot to the next, by class and by object. */
import type { HeapObject } from './heap-results.js';

export interface ClassGrowth {
  readonly name: string;
  /** Objects of it that are new, and that are gone; null where ids are not the same. */
  readonly added: number | null;
  readonly freed: number | null;
  readonly countDelta: number;
  readonly selfDelta: number;
  readonly retainedDelta: number;
}

/** One object, the same in every snapshot, that holds more than it did. */
export interface ObjectGrowth extends Omit<HeapObject, 'retainedBytes'> {
  /** One figure a snapshot. */
  readonly retainedBytes: readonly number[];
  readonly retainedDelta: number;
}

export interface HeapDiff {
  /** Whether the snapshots are of one process. */
  readonly sameProcess: boolean;
  /**
   * How the same object was found in each: by V8's id, or, where a new inspector session gave new ids, by the way that
   * leads to it; null where objects could not be compared.
   */
  readonly matchedBy: 'id' | 'path' | null;
  /** Bytes of the whole heap, one figure a snapshot. */
  readonly heapBytes: readonly number[];
  /** Sorted by what they retain more. */
  readonly classes: readonly ClassGrowth[];
  /** Sorted by growth, those that grew every time first. Empty where the snapshots are not of one process. */
  readonly objects: readonly ObjectGrowth[];
}
