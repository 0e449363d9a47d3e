/** Lists that are small enough to be built in full: classes, functions, findings. In: rows, an order. Out: a page. */
import { formatPlace, type Location } from '../../../analyzer/model/location.js';
import type { ListOrder, ListWindow, Page, Row } from '../../../tui/state/lists.js';

export const rowPage = (rows: readonly Row[], order: ListOrder, window: ListWindow, whole: number): Page => {
  const wanted = order.filter.toLowerCase();
  const matching = wanted === '' ? [...rows] : rows.filter((row) => textOf(row).toLowerCase().includes(wanted));
  const sign = order.descending ? -1 : 1;
  const keyed = matching.map((row) => ({ row, value: sortValue(row, order.sort) }));
  keyed.sort((a, b) => sign * compare(a.value, b.value));
  return {
    from: window.from,
    rows: keyed.slice(window.from, window.from + window.count).map(({ row }) => row),
    matched: matching.length,
    total: rows.length,
    whole,
  };
};

const compare = (a: number | string, b: number | string): number => (a < b ? -1 : a > b ? 1 : 0);

const placeText = (place: Location | undefined): string =>
  place === undefined ? '' : `${place.file}:${String(place.line).padStart(8, '0')}`;

/** The text that the filter searches. */
const textOf = (row: Row): string => {
  switch (row.kind) {
    case 'growth':
      return `${row.name} ${row.path}`;
    case 'finding':
      return `${row.finding.title} ${row.finding.signature}`;
    case 'function':
    case 'change':
      return `${row.name} ${row.place?.file ?? ''}:${row.place?.line ?? ''}`;
    case 'line':
      return `${row.functionName} ${formatPlace(row.place)}`;
    default:
      return row.name;
  }
};

const nameOf = (row: Row): string => {
  if (row.kind === 'finding') return row.finding.title;
  return row.kind === 'line' ? row.functionName : row.name;
};

/** The value of a column, by which rows are sorted; rows with equal values keep their order. */
const sortValue = (row: Row, sort: string): number | string => {
  if (sort === 'name') return nameOf(row).toLowerCase();
  switch (row.kind) {
    case 'class':
      return { count: row.count, self: row.selfBytes }[sort] ?? row.retainedBytes ?? 0;
    case 'object':
      return sort === 'self' ? row.selfBytes : (row.retainedBytes ?? 0);
    case 'waste':
      return sort === 'count' ? row.count : row.bytes;
    case 'growth':
      return sort === 'count' ? (row.countDelta ?? 0) : row.bytesDelta;
    case 'finding':
      return { count: row.finding.countPerRound, delta: row.finding.bytesPerRound }[sort] ?? row.finding.rank;
    case 'function':
      if (sort === 'place') return placeText(row.place);
      return { total: row.total, live: row.live ?? 0 }[sort] ?? row.self;
    case 'line':
      return sort === 'place' ? placeText(row.place) : row.self;
    case 'change':
      if (sort === 'place') return placeText(row.place);
      return { before: row.before, after: row.after, total: row.totalDelta }[sort] ?? row.delta;
  }
};
