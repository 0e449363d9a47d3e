/** A report as a page, before it is HTML: the conclusion, then sections of texts, tables, charts and source excerpts. */

export interface Page {
  /** What the page is about: `Memory leaks`. */
  readonly title: string;
  /** The conclusion, in one line. */
  readonly verdict: string;
  readonly tone: 'bad' | 'good' | 'open' | 'plain';
  /** The reasons for it. */
  readonly reasons: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: 'text'; readonly lines: readonly string[] }
  | { readonly kind: 'fields'; readonly fields: readonly (readonly [name: string, text: string])[] }
  | Table
  | Chart
  | { readonly kind: 'source'; readonly file: string; readonly line: number };

export interface Table {
  readonly kind: 'table';
  /** A column of numbers is aligned to the right; `code` is set in a monospaced font. */
  readonly columns: readonly { readonly title: string; readonly as: 'number' | 'text' | 'code' }[];
  readonly rows: readonly {
    readonly cells: readonly string[];
    /** 0 to 1: the length of the bar behind the row. */
    readonly share?: number | undefined;
  }[];
}

export interface Chart {
  readonly kind: 'chart';
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly format: (value: number) => string;
  /** What the first and the last value belong to: `round 1`, `round 5`. */
  readonly ends: readonly [string, string];
}

export interface PageContext {
  /** The lines of a source file; undefined if it is not at hand. */
  readonly sourceOf: (file: string) => readonly string[] | undefined;
  /** Who made the page of what, and what it leaves out. */
  readonly footer: readonly string[];
}
