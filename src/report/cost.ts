/**
 * The tables of `cpu` and `alloc`: functions as cProfile shows them, lines, callers and callees. In: a CostTable.
 * Out: lines of text. A table shows only columns that were measured.
 */
import type { CostTable, FunctionRow, LineRow } from '../analyzer/model/cost.js';
import type { ProfileUnit } from '../analyzer/model/profile.js';
import { showName, showPackage, showPlace } from './place.js';
import { renderTable, type TableColumn } from './table.js';
import { formatBytes, formatCount, formatDuration, formatShare } from './units.js';

export interface CostTableOptions {
  /** Width of the terminal in cells. */
  readonly columns: number;
  /** Paths are shown relative to this folder. */
  readonly folder: string;
  /** Title of the column of own values: `own time`, `allocated`. */
  readonly own: string;
}

export const formatValue = (unit: ProfileUnit, value: number): string =>
  unit === 'bytes' ? formatBytes(value) : unit === 'microseconds' ? formatDuration(value) : formatCount(value);

const share = (part: number, whole: number): string => (whole > 0 ? formatShare(part / whole) : '-');

/** What percentages are of: the time in which the thread was not idle, or all that was measured. */
export const percentTitle = (unit: ProfileUnit): string => (unit === 'microseconds' ? '% busy' : '% of all');

/** `~` before it: some of its own time may be an inlined function's. */
export const markedName = ({ name, mayBeInlined }: Pick<FunctionRow, 'name' | 'mayBeInlined'>): string =>
  (mayBeInlined ? '~' : '') + showName(name);

export const renderFunctions = (
  { unit, whole }: CostTable,
  rows: readonly FunctionRow[],
  { columns, folder, own }: CostTableOptions,
): string[] => {
  const show = (value: number): string => formatValue(unit, value);
  const perCall = (value: number, calls: number | null): string =>
    calls === null || calls === 0 ? '-' : show(value / calls);
  const counted = rows.some(({ calls }) => calls !== null);
  const survivors = rows.some(({ live }) => live !== null);
  const right = (title: string, cell: (row: FunctionRow) => string): TableColumn<FunctionRow> => ({
    title,
    align: 'right',
    cell,
  });
  const percent = percentTitle(unit);
  const calls = right('calls', (row) => (row.calls === null ? '-' : formatCalls(row.calls)));
  return renderTable(
    [
      ...(counted ? [calls] : []),
      right(own, (row) => show(row.self)),
      right(percent, (row) => share(row.self, whole)),
      ...(counted ? [right('per call', (row) => perCall(row.self, row.calls))] : []),
      ...(survivors ? [right('still alive', (row) => show(row.live ?? 0))] : []),
      right('total', (row) => show(row.total)),
      right(percent, (row) => share(row.total, whole)),
      ...(counted ? [right('per call', (row) => perCall(row.total, row.calls))] : []),
      { title: 'package', align: 'left', cell: showPackage, cut: 'end' },
      { title: 'function', align: 'left', cell: (row) => markedName(row), cut: 'end' },
      { title: 'file', align: 'left', cell: (row) => showPlace(row, folder), cut: 'start' },
    ],
    rows,
    columns,
  );
};

/** Counts that were scaled to another phase are not whole numbers. */
const formatCalls = (calls: number): string =>
  calls < 10 && !Number.isInteger(calls) ? calls.toFixed(1) : formatCount(calls);

export const renderLines = (
  { unit, whole }: CostTable,
  rows: readonly LineRow[],
  { columns, folder, own }: CostTableOptions,
  sourceOf: (row: LineRow) => string,
): string[] =>
  renderTable<LineRow>(
    [
      { title: own, align: 'right', cell: (row) => formatValue(unit, row.self) },
      { title: percentTitle(unit), align: 'right', cell: (row) => share(row.self, whole) },
      { title: 'line', align: 'left', cell: (row) => showPlace(row, folder), cut: 'start' },
      { title: 'function', align: 'left', cell: (row) => markedName({ ...row, name: row.function }), cut: 'end' },
      {
        title: 'source',
        align: 'left',
        cell: (row) => (row.inlined ? '(inlined callees, lines unknown)' : sourceOf(row)),
        cut: 'end',
      },
    ],
    rows,
    columns,
  );

export interface CallEdgeRow {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly self: number;
  readonly total: number;
}

/** `title` says whose values these are: the function's, split by caller, or those of its callees. */
export const renderCallEdges = (
  { unit, whole }: CostTable,
  rows: readonly CallEdgeRow[],
  { columns, folder, own }: CostTableOptions,
  title: string,
): string[] =>
  renderTable<CallEdgeRow>(
    [
      { title: own, align: 'right', cell: (row) => formatValue(unit, row.self) },
      { title: 'total', align: 'right', cell: (row) => formatValue(unit, row.total) },
      { title: percentTitle(unit), align: 'right', cell: (row) => share(row.total, whole) },
      { title, align: 'left', cell: (row) => showName(row.name), cut: 'end' },
      { title: 'file', align: 'left', cell: (row) => showPlace(row, folder), cut: 'start' },
    ],
    rows,
    columns,
  );
