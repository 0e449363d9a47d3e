/** Sampled allocations that are still alive: where they were made, and how much there is from each place. */

export interface SurvivorFrame {
  readonly function: string;
  /** The name before a compiler renamed it, if a source map says so. */
  readonly original?: string | undefined;
  readonly scriptId: string;
  readonly url: string;
  /** The line of the function's start, 0-based as in V8. */
  readonly line: number;
  readonly column: number;
}

export interface SurvivorSite {
  /** Innermost first: begins with the allocating function. */
  readonly stack: readonly SurvivorFrame[];
  /** Scaled up from samples by V8: an estimate. */
  readonly bytes: number;
}
