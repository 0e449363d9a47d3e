/** What finds one kind of waste. In: a heap and the bytes that are claimed already. Out: one call of `add` for each find. */
import type { Heap } from '../heap/heap.js';
import type { Claims } from './claims.js';

/** The node that a person is shown, what it would save, and why that is an upper bound where it is one. */
export type Take = (node: number, bytes: number, upperBound?: string) => void;

export interface Finder {
  readonly kind: string;
  readonly title: string;
  readonly advice: string;
  readonly find: (heap: Heap, claims: Claims, add: Take) => void;
}
