/**
 * A list as lines: header, then only the rows that are on the screen. In: columns, a page of rows, a cursor. Out: lines.
 * Pure.
 */
import { emptyLine, fitLine, line, lineWidth, span, type Line, type Span } from './line.js';
import type { Page, Row } from '../state/lists.js';
import type { ListView } from '../state/views.js';

export interface Column {
  /** What a list is sorted by; columns without a title cannot be sorted by. */
  readonly id: string;
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly width: number;
  /** Weight of a column that shares the remaining width. */
  readonly rest?: number;
  /** Screen width from which it is shown. */
  readonly from?: number;
  readonly sortable?: boolean;
  readonly cell: (row: Row, context: CellContext) => readonly Span[];
}

export interface CellContext {
  readonly page: Page;
  readonly width: number;
}

export const shownColumns = (columns: readonly Column[], width: number): Column[] =>
  columns.filter((column) => width >= (column.from ?? 0));

/** The marker of the row under the cursor, beside its inverse colours. */
const markerWidth = 2;

export const tableLines = (columns: readonly Column[], view: ListView, width: number, height: number): Line[] => {
  const shown = shownColumns(columns, width);
  const widths = columnWidths(shown, width - markerWidth);
  const header = headerLine(shown, widths, view, width);
  const page = view.page;
  if (page === undefined) return [header, line(span('  …', 'dim'))];
  if (page.matched === 0) return [header, emptyLine, line(span(`  ${emptyText(view)}`, 'dim'))];
  const rows: Line[] = [];
  for (let y = 0; y < height && view.top + y < page.matched; y++) {
    const row = page.rows[view.top + y - page.from];
    rows.push(rowLine(shown, widths, row, page, view.top + y === view.cursor, width));
  }
  return [header, ...rows];
};

const emptyText = ({ filter, query }: ListView): string => {
  if (filter !== '') return `nothing matches “${filter}”: Esc clears the filter`;
  if (query.list === 'grownObjects') return 'no object retains more than before: v shows the classes';
  return query.list === 'functions' || query.list === 'hotLines' ? 'no samples in that time' : 'nothing here';
};

const headerLine = (columns: readonly Column[], widths: readonly number[], view: ListView, width: number): Line => {
  const cells = columns.map((column, at) => {
    const arrow = column.id !== view.sort ? '' : view.descending ? '▼' : '▲';
    return align([span(column.title + arrow, column.id === view.sort ? 'bold' : 'dim')], column, widths[at] ?? 0);
  });
  return fitLine(line(span(' '.repeat(markerWidth)), ...joined(cells)), width);
};

const rowLine = (
  columns: readonly Column[],
  widths: readonly number[],
  row: Row | undefined,
  page: Page,
  selected: boolean,
  width: number,
): Line => {
  const marker = span(selected ? '> ' : '  ', 'bold');
  if (row === undefined) return fitLine({ ...line(marker, span('…', 'dim')), selected }, width);
  const cells = columns.map((column, at) =>
    align(column.cell(row, { page, width: widths[at] ?? 0 }), column, widths[at] ?? 0),
  );
  return fitLine({ ...line(marker, ...joined(cells)), selected }, width);
};

const joined = (cells: readonly (readonly Span[])[]): Span[] =>
  cells.flatMap((cell, at) => (at === 0 ? cell : [span(' '), ...cell]));

/** A cell in exactly its column's width. */
const align = (cell: readonly Span[], column: Column, width: number): readonly Span[] => {
  const own = lineWidth({ spans: cell });
  if (own > width) return fitLine({ spans: cell }, width).spans;
  const padding = span(' '.repeat(width - own));
  return column.align === 'right' ? [padding, ...cell] : [...cell, padding];
};

/** Width of each column; the columns that take the rest share it by weight. 0: no room. */
const columnWidths = (columns: readonly Column[], width: number): number[] => {
  const gap = 1;
  const fixed = columns.reduce((sum, column) => sum + (column.rest === undefined ? column.width + gap : gap), 0);
  const weights = columns.reduce((sum, column) => sum + (column.rest ?? 0), 0);
  const room = Math.max(0, width - fixed);
  return columns.map((column) =>
    column.rest === undefined ? column.width : Math.max(6, Math.floor((room * column.rest) / weights)),
  );
};

/** The sortable column whose header is at a screen column. */
export const columnAt = (columns: readonly Column[], x: number, width: number): Column | undefined => {
  const shown = shownColumns(columns, width);
  const widths = columnWidths(shown, width - markerWidth);
  let end = markerWidth;
  for (const [at, column] of shown.entries()) {
    end += (widths[at] ?? 0) + 1;
    if (x < end) return column.sortable === true ? column : undefined;
  }
  return undefined;
};

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A share of 1 as a bar of at most `width` cells; any share above 0 is visible. */
export const bar = (share: number, width: number): string => {
  const parts = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const shown = share > 0 ? Math.max(1, parts) : parts;
  return '█'.repeat(Math.floor(shown / 8)) + eighths[shown % 8];
};

const sparks = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One character per figure, from the smallest to the biggest; a blank for a missing one. */
export const sparkline = (figures: readonly (number | null)[]): string => {
  const known = figures.filter((figure) => figure !== null);
  const low = Math.min(...known);
  const range = Math.max(...known) - low;
  return figures
    .map((figure) => (figure === null ? ' ' : sparks[range === 0 ? 0 : Math.round(((figure - low) / range) * 7)]))
    .join('');
};
