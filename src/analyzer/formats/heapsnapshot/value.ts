/**
 * One JSON value of any kind, in pieces of any size. In: its bytes. Out: where it ends, and its text if that is wanted.
 * Used for the header, for keys, and for values that are skipped.
 */
import { MemwatchError } from '../../../errors.js';

/** V8 writes no header or key that is longer than this. */
const maxCapturedBytes = 1 << 20;

export class ValueReader {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private readonly captured: Uint8Array[] = [];
  private capturedBytes = 0;

  constructor(private readonly capture: boolean) {}

  get text(): string {
    return Buffer.concat(this.captured).toString('utf8');
  }

  /** Takes bytes starting with the value's first one; returns the position after its last byte, or -1 if it needs more. */
  push(bytes: Uint8Array, from: number, end: number, base: number): number {
    let p = from;
    let done = false;
    while (p < end && !done) {
      const c = bytes[p++];
      if (this.inString) done = this.inside(c);
      else if (c === 0x22) this.inString = true;
      else if (c === 0x7b || c === 0x5b) this.depth++;
      else if (c === 0x7d || c === 0x5d || (c === 0x2c && this.depth === 0)) done = this.close(c);
      if (done && this.depth < 0) p--; // a number or a word ends before the bracket or comma that follows it
    }
    if (this.capture) this.keep(bytes.slice(from, p), base + from);
    return done ? p : -1;
  }

  /** Takes one byte of a string; returns true if it ends the value. */
  private inside(c: number): boolean {
    if (this.escaped) this.escaped = false;
    else if (c === 0x5c) this.escaped = true;
    else if (c === 0x22) this.inString = false;
    return !this.inString && this.depth === 0;
  }

  private close(c: number): boolean {
    if (c !== 0x2c) this.depth--;
    else this.depth = -1;
    return this.depth <= 0;
  }

  private keep(piece: Uint8Array, position: number): void {
    this.capturedBytes += piece.length;
    if (this.capturedBytes > maxCapturedBytes)
      throw new MemwatchError('broken-file', `at byte ${position}: the header is longer than any that V8 writes`);
    this.captured.push(piece);
  }
}
