/** The resident memory (RSS) of a process, read many times a millisecond. Times are those of V8's CPU profiles. */
export interface ResidentChange {
  /** The last reading before the change. */
  readonly fromUs: number;
  readonly toUs: number;
  /** By which it rose; negative if it fell. */
  readonly bytes: number;
}

export interface ResidentHistory {
  readonly changes: readonly ResidentChange[];
  readonly seconds: number;
}
