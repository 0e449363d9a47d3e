/** A document in pages: its long lists cut to one page, with their full lengths. In: a document. Out: a page of it. */

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
  return { document: cut, paging: { page, pageSize, totals, more } };
};
