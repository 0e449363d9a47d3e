/**
 * Aligned columns for a terminal. In: titles, cells of text (escaped by the caller's column functions or here), a width.
 * Out: lines.
 */
import { escapeText } from './units.js';
import { cutTo, displayWidth } from './width.js';

export interface TableColumn<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** The cell's text; it is escaped here. */
  readonly cell: (row: Row) => string;
  /** Which side is cut if the table is too wide: the start (paths) or the end (names); undefined: never cut. */
  readonly cut?: 'start' | 'end';
}

const gap = '  ';
const narrowest = 8;

/** The table as lines, title first, with no line longer than `width` cells if the `cut` columns allow it. */
export const renderTable = <Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  width: number = Infinity,
): string[] => {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => escapeText(column.cell(row)))),
  ];
  const widths = fit(
    columns,
    columns.map((_, c) => cells.reduce((widest, row) => Math.max(widest, displayWidth(row[c] ?? '')), 0)),
    width,
  );
  return cells.map((row) =>
    row
      .map((text, c) =>
        alignCell(cutTo(text, widths[c] ?? 0, columns[c]?.cut ?? 'end'), widths[c] ?? 0, columns[c]?.align),
      )
      .join(gap)
      .trimEnd(),
  );
};

/** Shortens the widest column that may be cut until the line fits. */
const fit = <Row>(columns: readonly TableColumn<Row>[], natural: number[], width: number): number[] => {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, one) => sum + one, 0) + gap.length * (widths.length - 1);
  while (total() > width) {
    const widest = widths.reduce(
      (best, one, c) => (columns[c]?.cut !== undefined && one > (widths[best] ?? 0) ? c : best),
      columns.findIndex((column) => column.cut !== undefined),
    );
    const now = widths[widest];
    if (now === undefined || now <= narrowest) break;
    widths[widest] = now - 1;
  }
  return widths;
};

const alignCell = (text: string, width: number, align: 'left' | 'right' = 'left'): string => {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? padding + text : text + padding;
};
