/**
 * The strings of a .heapsnapshot. In: the bytes of its array `["…","…"]` in pieces of any size. Out: those bytes in pages,
 * so that nothing is copied when the table grows.
 */
import { MemwatchError } from '../../../errors.js';
import { sharedBytes, sharedWords } from '../../model/columns.js';
import type { StringPages } from '../../model/heap-graph.js';
import { copied } from './columns.js';

const pageBytes = 1 << 22;
const quote = 0x22;
const backslash = 0x5c;

const between = 0; // before a string or `]`
const inside = 1;
const escaped = 2; // after a backslash
const after = 3; // after a string: a comma or `]`

export class StringsReader {
  private state = between;
  private page: Buffer = Buffer.allocUnsafe(1 << 16);
  private used = 0;
  /** Where the string that is being read starts in the page. */
  private start = 0;
  private readonly pages: Buffer[] = [];
  /** The index of the first string of each page. */
  private readonly firstOfPage: number[] = [];
  private starts: Uint32Array;
  private count = 0;

  /** `capacity`: the number of strings for which there is room at first. */
  constructor(capacity: number) {
    this.starts = sharedWords(capacity);
  }

  /** Takes bytes after the opening bracket; returns the position after the closing one, or -1 if it needs more. */
  push(bytes: Uint8Array, from: number, end: number, base: number): number {
    let p = from;
    while (p < end) {
      if (this.state === inside || this.state === escaped) {
        p = this.copyString(bytes, p, end);
        continue;
      }
      const c = bytes[p++];
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) continue;
      if (c === 0x5d && (this.state === after || this.count === 0)) return p;
      if (this.state === after && c === 0x2c) this.state = between;
      else if (this.state === between && c === quote) this.open();
      else throw new MemwatchError('broken-file', `at byte ${base + p - 1}: a string is expected here`);
    }
    return -1;
  }

  finish(): StringPages {
    this.closePage(this.used);
    const { pages, firstOfPage, starts, count } = this;
    return { pages, firstOfPage, starts, count };
  }

  private open(): void {
    if (this.firstOfPage.length === this.pages.length) this.firstOfPage.push(this.count);
    this.start = this.used;
    this.state = inside;
    this.put(quote);
  }

  /** Copies up to the string's closing quote. */
  private copyString(bytes: Uint8Array, from: number, end: number): number {
    let page = this.page;
    let used = this.used;
    let state = this.state;
    let p = from;
    while (p < end) {
      if (used === page.length) {
        this.used = used;
        this.makeRoom();
        page = this.page;
        used = this.used;
      }
      const c = bytes[p++];
      page[used++] = c;
      if (state === escaped) state = inside;
      else if (c === backslash) state = escaped;
      else if (c === quote) {
        state = after;
        break;
      }
    }
    this.used = used;
    this.state = state;
    if (state === after) this.close();
    return p;
  }

  private close(): void {
    if (this.count === this.starts.length) this.starts = copied(this.starts, sharedWords(2 * this.count));
    this.starts[this.count++] = this.start;
  }

  private put(byte: number): void {
    if (this.used === this.page.length) this.makeRoom();
    this.page[this.used++] = byte;
  }

  /** Starts a new page with the current string's bytes so far; a string is never split over two pages. */
  private makeRoom(): void {
    const begun = this.page.subarray(this.start, this.used);
    const next = Buffer.from(sharedBytes(Math.max(pageBytes, begun.length * 2)).buffer);
    next.set(begun);
    if (this.start > 0) {
      this.closePage(this.start);
      this.firstOfPage.push(this.count);
    }
    this.used -= this.start;
    this.page = next;
    this.start = 0;
  }

  private closePage(used: number): void {
    if (used > 0) this.pages.push(this.page.subarray(0, used));
  }
}
