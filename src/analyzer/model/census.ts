/**
 * A census: how many live objects each class has, and how large the Maps, Sets and arrays are. One reading is one count
 * of a running process.
 */

export interface CensusClass {
  readonly name: string;
  readonly count: number;
  /** Against the count before; null at the first. */
  readonly delta: number | null;
}

export interface CensusContainer {
  /** The same container has the same id in every count of one census. */
  readonly id: number;
  /** The `@id` of a heap snapshot, where one was taken in this session; looked up for the first ones alone, else null. */
  readonly heapId: number | null;
  readonly kind: 'Map' | 'Set' | 'Array';
  readonly size: number;
  /** Against the count before; null where it was not there, or was smaller than what is watched. */
  readonly delta: number | null;
  /** Class of an array's last element; '' where it is not known. */
  readonly holds: string;
}

export interface CensusReading {
  readonly classes: readonly CensusClass[];
  readonly containers: readonly CensusContainer[];
  /** How long the target was kept from its own work, as memwatch saw it. */
  readonly pauseUs: number;
}
