/**
 * The strings of a .heapsnapshot: in, the bytes of its array `["…","…"]` in pieces of any size; out, a StringTable that
 * keeps them as JSON bytes, quotes included, and decodes one when it is asked for. They stand in pages, so that a string
 * needs four bytes besides its own and no table of them is copied when it grows.
 */
import { MemwatchError } from '../../errors.js';
import { sharedBytes, twiceAsLong } from '../model/columns.js';
import type { StringPages, StringTable } from '../model/heap-graph.js';

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
  private starts = new Uint32Array(1 << 12);
  private count = 0;

  /** Takes bytes after the opening bracket; answers the position after the closing one, or -1 when it wants more. */
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
      else throw new MemwatchError('broken-file', `at byte ${base + p - 1}: no string where one is due`);
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
    if (this.count === this.starts.length) this.starts = twiceAsLong(this.starts);
    this.starts[this.count++] = this.start;
  }

  private put(byte: number): void {
    if (this.used === this.page.length) this.makeRoom();
    this.page[this.used++] = byte;
  }

  /** Starts a new page with what there is of the current string; a string never stands in two pages. */
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

export const stringTable = (strings: StringPages): StringTable => new PagedStrings(strings);

class PagedStrings implements StringTable {
  readonly count: number;
  private readonly pages: readonly Buffer[];
  private readonly firstOfPage: readonly number[];
  private readonly starts: Uint32Array;

  constructor(readonly written: StringPages) {
    const { pages, firstOfPage, starts, count } = written;
    this.pages = pages.map((page) => Buffer.from(page.buffer, page.byteOffset, page.length));
    this.firstOfPage = firstOfPage;
    this.starts = starts;
    this.count = count;
  }

  get(index: number): string {
    if (index < 0 || index >= this.count) return '';
    const page = this.pageOf(index);
    const bytes = this.pages[page];
    const start = this.starts[index];
    const last = index + 1 === this.count || this.firstOfPage[page + 1] === index + 1;
    const end = last ? bytes.length : this.starts[index + 1];
    return decode(bytes, start, end);
  }

  indexOf(text: string): number {
    for (const form of writtenForms(text)) {
      for (const [page, bytes] of this.pages.entries()) {
        for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at + 1)) {
          const index = this.indexAt(page, at);
          if (index !== -1) return index;
        }
      }
    }
    return -1;
  }

  containing(text: string): number[] {
    const found: number[] = [];
    for (const [page, bytes] of this.pages.entries()) {
      for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
        const index = this.indexBefore(page, at);
        if (found.at(-1) !== index) found.push(index);
      }
    }
    return found;
  }

  private pageOf(index: number): number {
    let low = 0;
    let high = this.pages.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.firstOfPage[middle] <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The string that starts at that place of a page, or -1. */
  private indexAt(page: number, at: number): number {
    const index = this.indexBefore(page, at);
    return this.starts[index] === at ? index : -1;
  }

  /** The string in which that place of a page lies. */
  private indexBefore(page: number, at: number): number {
    let low = this.firstOfPage[page];
    let high = (this.firstOfPage[page + 1] ?? this.count) - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.starts[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

const decode = (bytes: Buffer, start: number, end: number): string => {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1); // an escape that JSON does not know: shown as it stands
  }
};

/** How a string may be written: as V8 does (ASCII, \uXXXX in capitals), and as JSON.stringify does. */
const writtenForms = (text: string): readonly string[] => {
  const plain = JSON.stringify(text);
  const ascii = plain.replace(
    /[^\0-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return plain === ascii ? [plain] : [ascii, plain];
};
