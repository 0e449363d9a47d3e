/** Rows of a query as a table within a width, and as comma-separated values (RFC 4180). Texts from the heap are escaped. */
import type { QueryColumn, QueryValue } from '../analyzer/model/printed-documents.js';
import { renderTable } from './table.js';
import { escapeText } from './units.js';

export interface QueryResult {
  readonly columns: readonly QueryColumn[];
  readonly rows: readonly (readonly QueryValue[])[];
  /** Whether there are more rows than these. */
  readonly more: boolean;
}

const isNumber = ({ type }: QueryColumn): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/.test(type);

const textOf = (value: QueryValue | undefined): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

export const renderQueryTable = ({ columns, rows, more }: QueryResult, width: number): string => {
  if (columns.length === 0) return 'done';
  const lines = renderTable(
    columns.map((column, index) => ({
      title: escapeText(column.name),
      align: isNumber(column) ? ('right' as const) : ('left' as const),
      cell: (row: readonly QueryValue[]) => textOf(row[index]),
      ...(isNumber(column) ? {} : { cut: column.name === 'file' ? ('start' as const) : ('end' as const) }),
    })),
    rows,
    width,
  );
  return [...lines, ...(more ? [`… more rows: use --limit, --csv or --json`] : [])].join('\n');
};

export const renderQueryCsv = ({ columns, rows }: QueryResult): string =>
  [columns.map(({ name }) => name), ...rows.map((row) => row.map(textOf))]
    .map((cells) => cells.map((cell) => csvCell(escapeText(cell))).join(','))
    .join('\r\n');

const csvCell = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
