/** Lists that are small enough to be made whole: classes, functions, findings. In: rows, an order. Out: a page. */
import type { ListOrder, ListWindow, Page, Row } from '../../tui/provider.js';

export interface RowListOptions<R extends Row> {
  readonly rows: readonly R[];
  readonly order: ListOrder;
  readonly window: ListWindow;
  readonly whole: number;
  /** What the filter looks at. */
  readonly text: (row: R) => string;
  /** A column's value; rows of equal value keep their order. */
  readonly value: (row: R, sort: string) => number | string;
}

export const rowPage = <R extends Row>({ rows, order, window, whole, text, value }: RowListOptions<R>): Page => {
  const wanted = order.filter.toLowerCase();
  const matching = wanted === '' ? [...rows] : rows.filter((row) => text(row).toLowerCase().includes(wanted));
  const sign = order.descending ? -1 : 1;
  matching.sort((a, b) => sign * compare(value(a, order.sort), value(b, order.sort)));
  return {
    from: window.from,
    rows: matching.slice(window.from, window.from + window.count),
    matched: matching.length,
    total: rows.length,
    whole,
  };
};

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);
