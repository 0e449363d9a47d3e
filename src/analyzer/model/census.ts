/**
 * A census: how many live objects each class has, and how large the Maps, Sets, arrays and dictionaries are. One reading is one count
 * of a running process.
 */

export interface CensusClass {
  readonly name: string;
  readonly count: number;
  /** The change since the count before; null in the first count. */
  readonly delta: number | null;
}

export interface CensusContainer {
  /** The same container has the same id in every count of one census. */
  readonly id: number;
  /** The `@id` in a heap snapshot, if one was taken in this session. Only looked up for the first containers, otherwise null. */
  readonly heapId: number | null;
  /** `Object`: a plain object that is used as a dictionary. */
  readonly kind: 'Map' | 'Set' | 'Array' | 'Object';
  readonly size: number;
  /** The change since the count before; null if it did not exist then, or was too small to be watched. */
  readonly delta: number | null;
  /** The class of an array's last element, or of another collection's first; '' if it is not known. */
  readonly holds: string;
  /** `SessionStore.sessions`: the property that holds it; '' if that is a variable, or was not found. */
  readonly heldBy?: string | undefined;
}

export interface CensusReading {
  readonly classes: readonly CensusClass[];
  readonly containers: readonly CensusContainer[];
  /** How long the target could not do its own work, as measured by memwatch. */
  readonly pauseUs: number;
}
