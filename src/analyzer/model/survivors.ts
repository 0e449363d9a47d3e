/** Sampled allocations that are still alive: where each was made, and how much of it there is. */

export interface SurvivorFrame {
  readonly function: string;
  readonly scriptId: string;
  readonly url: string;
  /** Of the function's start, 0-based, as V8 has it. */
  readonly line: number;
  readonly column: number;
}

export interface SurvivorSite {
  /** The allocating function first. */
  readonly stack: readonly SurvivorFrame[];
  /** Scaled up from samples by V8: an estimate. */
  readonly bytes: number;
}
