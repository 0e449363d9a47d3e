/**
 * The strings of a graph. In: pages of strings as in the snapshot, JSON with quotes. Out: a StringTable that decodes a
 * string when it is asked for. Each string needs four bytes apart from its own text. Also: a graph in a form that can be sent
 * to another thread.
 */
import type { HeapGraph, StringPages, StringTable } from './heap-graph.js';

/** A graph as plain values; the columns are shared, or copied. */
export interface SentGraph {
  readonly columns: Omit<HeapGraph, 'strings'>;
  readonly strings: StringPages;
}

export const sendGraph = ({ strings, ...columns }: HeapGraph): SentGraph => ({ columns, strings: strings.written });

export const receiveGraph = ({ columns, strings }: SentGraph): HeapGraph => ({
  ...columns,
  strings: stringTable(strings),
});

export const stringTable = (strings: StringPages): StringTable => new PagedStrings(strings);

class PagedStrings implements StringTable {
  readonly count: number;
  /** Those that were needed so far: an index reads pages when they are asked for. */
  private readonly pages: (Buffer | undefined)[];
  private readonly firstOfPage: readonly number[];

  constructor(readonly written: StringPages) {
    const { firstOfPage, count } = written;
    this.pages = Array.from({ length: written.pages.length });
    this.firstOfPage = firstOfPage;
    this.count = count;
  }

  private get starts(): Uint32Array {
    return this.written.starts;
  }

  private page(index: number): Buffer {
    const known = this.pages[index];
    if (known !== undefined) return known;
    const { buffer, byteOffset, length } = this.written.pages[index];
    return (this.pages[index] = Buffer.from(buffer, byteOffset, length));
  }

  get(index: number): string {
    if (index < 0 || index >= this.count) return '';
    const page = this.pageOf(index);
    const bytes = this.page(page);
    const start = this.starts[index];
    const last = index + 1 === this.count || this.firstOfPage[page + 1] === index + 1;
    const end = last ? bytes.length : this.starts[index + 1];
    return decode(bytes, start, end);
  }

  indexOf(text: string): number {
    for (const form of writtenForms(text)) {
      for (const page of this.pages.keys()) {
        const bytes = this.page(page);
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
    for (const page of this.pages.keys()) {
      const bytes = this.page(page);
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

  /** The string that starts at this position of a page, or -1. */
  private indexAt(page: number, at: number): number {
    const index = this.indexBefore(page, at);
    return this.starts[index] === at ? index : -1;
  }

  /** The string that contains this position of a page. */
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
    return text.slice(1, -1); // an escape that JSON does not know: shown as written
  }
};

/** The ways in which a string may be written: V8's (ASCII, \uXXXX in capitals), and that of JSON.stringify. */
const writtenForms = (text: string): readonly string[] => {
  const plain = JSON.stringify(text);
  const ascii = plain.replace(
    /[^\0-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return plain === ascii ? [plain] : [ascii, plain];
};
