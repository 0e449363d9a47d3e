/**
 * A function that finds one kind of waste. In: a heap, and the bytes already claimed. Out: a call of `add` for each
 * find.
 */
import type { Heap } from '../heap/heap.js';
import type { Claims } from './claims.js';

/** The node that is reported, the bytes that could be saved, and why these are an upper bound, if they are one. */
export type Take = (node: number, bytes: number, upperBound?: string) => void;

/** The text of the script at that address; undefined if it is not known. */
export type TextOf = (url: string) => string | undefined;

export interface Finder {
  readonly kind: string;
  readonly title: string;
  readonly advice: string;
  readonly find: (heap: Heap, claims: Claims, add: Take, textOf: TextOf) => void;
}
