/**
 * A document in pages: its long lists cut to one page, with their full lengths, and its long texts cut. In: a document. Out:
 * a page of it.
 */
import { isRecord } from '../../analyzer/formats/shape.js';

export interface Paging {
  /** From 0. */
  readonly page: number;
  readonly pageSize: number;
  /** The full length of each list. */
  readonly totals: Readonly<Record<string, number>>;
  /** Whether there is another page. */
  readonly more: boolean;
}

export const usualPageSize = 20;

export const pageOf = (
  document: Readonly<Record<string, unknown>>,
  lists: readonly string[],
  page: number,
  pageSize: number,
): { document: Record<string, unknown>; paging: Paging } => {
  const cut: Record<string, unknown> = { ...document };
  const totals: Record<string, number> = {};
  for (const key of lists) {
    const list = document[key];
    if (!Array.isArray(list)) continue;
    totals[key] = list.length;
    cut[key] = list.slice(page * pageSize, (page + 1) * pageSize);
  }
  const more = Object.values(totals).some((total) => total > (page + 1) * pageSize);
  return { document: withShortTexts(cut) as Record<string, unknown>, paging: { page, pageSize, totals, more } };
};

/** A name in a heap may have millions of characters. */
const mostCharacters = 1000;

export const shortText = (text: string): string =>
  text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}… (${text.length} characters)`;

const withShortTexts = (value: unknown): unknown => {
  if (typeof value === 'string') return shortText(value);
  if (Array.isArray(value)) return value.map(withShortTexts);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withShortTexts(one)]));
};
