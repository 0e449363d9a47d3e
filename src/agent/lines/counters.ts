/**
 * The counters that rewritten functions call, inside the target. A line is counted from the moment it begins until the next
 * line of the same activation begins, the activation ends or waits, or another activation of the same table runs. The cost
 * of the counters themselves is measured at every call and subtracted. In: calls. Out: one row of numbers for each line.
 */
import type { FunctionTable } from './line-numbers.js';
import { end, first, read, second, settleBuffers, type Seen } from './line-readings.js';

/** The numbers of one line, in the order of a row. */
export const rowFields = [
  'hits',
  'timeMs',
  /** Hits during which no garbage collection was seen, and what they added to V8's heap and outside it. */
  'cleanHits',
  'heapBytes',
  'externalBytes',
  /** The other hits: a collection hides what they allocated. */
  'collectedHits',
  'collectedHeapBytes',
  'collectedExternalBytes',
  /** The most memory that was in use, heap and external, when the line ended. */
  'memoryBytes',
] as const;
const width = rowFields.length;
const hits = 0;
const timeMs = 1;
/** Two groups of three numbers with the same layout: hits, heap bytes, external bytes. */
const clean = 2;
const collected = 5;
const memory = 8;

/** What the counters have cost so far, in milliseconds and bytes; open lines of other tables subtract it. */
const overhead = new Float64Array(2);
/** The clock and the heap at the last switch of any table. */
const came = new Float64Array(2);
/** The counters whose line began at the reading `second`, until the next switch has evaluated it. */
let pending: FunctionCounters | undefined;
const settleLater = (counters: FunctionCounters): void => {
  pending = counters;
};

/** Work done from time to time between two lines, so that a program that never pauses still leaves its numbers. */
export const periodic = { everyMs: 100, dueMs: 0, work: (): void => {} };

/** The last hit that was recorded, so that it can still be moved to the collected ones. */
const last: { rows: Float64Array; at: number } = { rows: new Float64Array(0), at: -1 };
const booked = new Float64Array(3);
const add = (rows: Float64Array, at: number, sign: 1 | -1): void => {
  for (let i = 0; i < 3; i++) rows[at + i] += sign * booked[i];
};
const moveLast = (): void => {
  if (last.at < 0) return;
  add(last.rows, last.at, -1);
  add(last.rows, last.at + collected - clean, 1);
};

export class FunctionCounters {
  readonly table: FunctionTable;
  calls = 0;
  readonly rows: Float64Array;
  /** The innermost activation that runs now. */
  top: Activation | undefined;
  /** The line that is being counted; -1 for none. */
  #open = -1;
  /** For the open line: clock, heap and external bytes at its start, the bytes of one reading, and `overhead` at that time. */
  readonly begin = new Float64Array(6);

  constructor(table: FunctionTable) {
    this.table = table;
    this.rows = new Float64Array(table.lines.length * width);
  }

  /** Ends the open line, if there is one, and begins another one (-1 for none). */
  switchTo(line: number, counted: 0 | 1): void {
    this.#close();
    this.#begin(line, counted);
  }

  /**
   * Begins an activation: on a line that is counted itself, or on one whose hits are counted by what is on it, such as a
   * loop's turns.
   */
  enter(line: number, counted: 0 | 1, call: 0 | 1): Activation {
    this.#close();
    this.calls += call;
    const activation = new Activation(this, line);
    this.#begin(line, counted);
    return activation;
  }

  #close(): void {
    read(end);
    pending?.settle();
    came[0] = end[0];
    came[1] = end[1];
    const seen = settleBuffers();
    if (this.#open >= 0) this.#book(seen);
  }

  #begin(line: number, counted: 0 | 1): void {
    this.#open = line;
    if (counted === 1) this.rows[line * width + hits] += 1;
    if (end[0] > periodic.dueMs) {
      periodic.dueMs = end[0] + periodic.everyMs;
      periodic.work();
    }
    settleLater(this);
    read(first);
    read(second);
  }

  /** At the next switch, works out what the last switch cost and where its line began. */
  settle(): void {
    pending = undefined;
    const { begin } = this;
    const reading = second[1] - first[1];
    begin[0] = second[3];
    begin[1] = second[1];
    begin[2] = second[2];
    begin[3] = reading > 0 ? reading : 0; // negative: the heap was collected in between
    overhead[0] += second[3] - came[0];
    const bytes = second[1] + begin[3] - came[1];
    overhead[1] += bytes > 0 ? bytes : 0;
    begin[4] = overhead[0];
    begin[5] = overhead[1];
  }

  /** A collection that is seen `lately` may have ended during the line before: V8 counts what it freed somewhat later. */
  #book(seen: Seen): void {
    const { rows, begin } = this;
    const row = this.#open * width;
    rows[row + timeMs] += end[0] - begin[0] - (overhead[0] - begin[4]);
    const heap = end[1] - begin[1];
    const external = end[2] - begin[2];
    // without a collection, neither shrinks
    const at = row + (seen !== 'none' || heap < 0 || external < 0 ? collected : clean);
    if (seen === 'lately') moveLast();
    last.rows = rows;
    last.at = at === row + clean ? at : -1;
    booked[0] = 1;
    booked[1] = heap - begin[3] - (overhead[1] - begin[5]);
    booked[2] = external;
    add(rows, at, 1);
    const inUse = end[1] + end[2];
    if (inUse > rows[row + memory]) rows[row + memory] = inUse;
  }
}

/** One call of a function: the line that it is on, and the activation that it interrupted. */
export class Activation {
  readonly #counters: FunctionCounters;
  #outer: Activation | undefined;
  #line: number;
  #suspended = false;

  constructor(counters: FunctionCounters, line: number) {
    this.#counters = counters;
    this.#line = line;
    this.#outer = counters.top;
    counters.top = this;
  }

  line(line: number): void {
    if (this.#suspended) this.#return();
    this.#line = line;
    this.#counters.switchTo(line, 1);
  }

  uncounted(line: number): void {
    if (this.#suspended) this.#return();
    this.#line = line;
    this.#counters.switchTo(line, 0);
  }

  /** Wraps `await` and `yield`: time spent waiting does not count for the line. */
  suspend<T>(value?: T): T | undefined {
    if (!this.#suspended) this.#leave();
    this.#suspended = true;
    return value;
  }

  resume<T>(value?: T): T | undefined {
    if (this.#suspended) {
      this.#return();
      this.#counters.switchTo(this.#line, 0);
    }
    return value;
  }

  exit(): void {
    if (!this.#suspended) this.#leave();
    this.#suspended = true;
  }

  /** `yield*`: the inner generator's work counts for the line, its waiting does not. */
  delegate<T>(iterable: Iterable<T>): Iterable<T> {
    const inner = iterable[Symbol.iterator]();
    const during = <R>(work: () => R): R => {
      this.resume();
      try {
        return work();
      } finally {
        this.suspend();
      }
    };
    const outer: Iterator<T> = { next: (...args) => during(() => inner.next(...args)) };
    if (inner.return !== undefined)
      outer.return = (value) => during(() => inner.return?.(value) ?? { done: true, value });
    if (inner.throw !== undefined)
      outer.throw = (error) => during(() => inner.throw?.(error) ?? { done: true, value: error });
    this.suspend();
    return { [Symbol.iterator]: () => outer };
  }

  /** Returns to the interrupted activation, which continues its line. */
  #leave(): void {
    this.#counters.top = this.#outer;
    this.#counters.switchTo(this.#outer === undefined ? -1 : this.#outer.#line, 0);
    this.#outer = undefined;
  }

  #return(): void {
    this.#outer = this.#counters.top;
    this.#counters.top = this;
    this.#suspended = false;
  }
}
