/**
 * The flat arrays of numbers of a .heapsnapshot (`nodes`, `edges`, `locations`). In: their bytes in pieces of any size.
 * Out: one call of a sink for each row. There are two ways through the bytes. A sink's own fast loop takes whole rows
 * written as V8 writes them (no blanks inside a row). A slow one takes everything else byte by byte: rows cut by the end of
 * a piece, blanks, and errors, which it reports with their position.
 */
import { MemwatchError } from '../../../errors.js';

export interface RowSink {
  /** The name of a row in errors. */
  readonly rowName: string;
  /** How many numbers a row has. */
  readonly width: number;
  /** Takes one row. Returns what is wrong with it, or undefined. */
  take(row: Float64Array): string | undefined;
  /**
   * Takes rows from `from` on, each followed by a comma, as long as they are well formed and end before `end`; returns the
   * start of the first row that it did not take. May take none.
   */
  takeFast(bytes: Uint8Array, from: number, end: number): number;
}

const expectNumber = 0;
const inNumber = 1;
const expectComma = 2;

export class RowsReader {
  private state = expectNumber;
  private field = 0;
  private value = 0;
  private anything = false;
  private readonly row: Float64Array;

  constructor(private readonly sink: RowSink) {
    this.row = new Float64Array(Math.max(1, sink.width));
  }

  /** Whether the next byte that is not blank is the first of a row. */
  get atRowStart(): boolean {
    return this.field === 0 && this.state === expectNumber;
  }

  /** Takes bytes after the opening bracket; returns the position after the closing one, or -1 if it needs more. */
  push(bytes: Uint8Array, from: number, end: number, base: number): number {
    let p = from;
    while (p < end) {
      if (this.field === 0 && this.state === expectNumber) p = this.sink.takeFast(bytes, p, end);
      if (p < end && this.pushSlowly(bytes[p], base + p)) return p + 1;
      p++;
    }
    return -1;
  }

  /** Takes one byte; returns true if it closes the array. */
  private pushSlowly(c: number, position: number): boolean {
    if (c >= 0x30 && c <= 0x39) {
      if (this.state === expectComma) throw wrong(position, `two numbers without a comma in ${this.sink.rowName}s`);
      this.value = this.state === inNumber ? this.value * 10 + c - 0x30 : c - 0x30;
      this.state = inNumber;
      this.anything = true;
      return false;
    }
    if (this.state === inNumber) this.endNumber(position);
    if (c === 0x2c && this.state === expectComma) this.state = expectNumber;
    else if (c === 0x5d && (this.state === expectComma || !this.anything)) return this.endArray(position);
    else if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)
      throw wrong(position, `"${printable(c)}" where a number of the ${this.sink.rowName}s is expected`);
    return false;
  }

  private endNumber(position: number): void {
    this.state = expectComma;
    this.row[this.field++] = this.value;
    if (this.field < this.sink.width) return;
    this.field = 0;
    const problem = this.sink.take(this.row);
    if (problem !== undefined) throw wrong(position, problem);
  }

  private endArray(position: number): true {
    if (this.field !== 0) throw wrong(position, `the last ${this.sink.rowName} is incomplete`);
    return true;
  }
}

const wrong = (position: number, message: string): MemwatchError =>
  new MemwatchError('broken-file', `at byte ${position}: ${message}`);

const printable = (c: number): string => (c > 0x20 && c < 0x7f ? String.fromCharCode(c) : `\\x${c.toString(16)}`);
