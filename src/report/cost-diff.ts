/** What became more expensive and what cheaper between two profiles, in tables. In: a CostDiff. Out: lines of text. */
import type { CostDiff, DiffRow } from '../analyzer/model/cost.js';
import { formatValue } from './cost.js';
import { showName, showPlace } from './place.js';
import { renderTable } from './table.js';

export interface CostDiffOptions {
  readonly files: readonly [string, string];
  readonly columns: number;
  readonly folder: string;
  readonly limit: number;
}

/** Changes below a thousandth of the whole are sampling noise and are left out. */
const smallestShare = 0.001;

export const renderCostDiff = (diff: CostDiff, options: CostDiffOptions): string[] => {
  const { before, after, unit, scale } = diff;
  const show = (value: number): string => formatValue(unit, value);
  const [a, b] = options.files;
  const sign = after > before ? '+' : '';
  const out = [`${a}: ${show(before)}   ${b}: ${show(after)} (${sign}${show(after - before)})`];
  if (Math.abs(scale - 1) > 0.02)
    out.push(`values of ${b} are multiplied by ${scale.toFixed(2)} to match the length of ${a}`);
  out.push('', ...renderRows(diff, diff.functions, 'function', options));
  if (diff.lines.length > 0) out.push('', ...renderRows(diff, diff.lines, 'in function', options));
  return out;
};

const renderRows = (
  { unit, before, after }: CostDiff,
  rows: readonly DiffRow[],
  what: string,
  { columns, folder, limit }: CostDiffOptions,
): string[] => {
  const show = (value: number): string => formatValue(unit, value);
  const signed = (value: number): string => (value > 0 ? '+' : '') + show(value);
  const least = smallestShare * Math.max(before, after);
  const changed = rows.filter(({ selfDelta }) => Math.abs(selfDelta) > least);
  const moreExpensive = changed.filter(({ selfDelta }) => selfDelta > 0).slice(0, limit);
  const cheapest = changed.filter(({ selfDelta }) => selfDelta < 0).slice(-Math.max(3, Math.floor(limit / 3)));
  if (changed.length === 0)
    return [`no ${what.replace('in function', 'line')} changed by more than ${smallestShare * 100}% of the whole`];
  return renderTable<DiffRow>(
    [
      { title: 'own change', align: 'right', cell: (row) => signed(row.selfDelta) },
      { title: 'before', align: 'right', cell: (row) => show(row.selfBefore) },
      { title: 'after', align: 'right', cell: (row) => show(row.selfAfter) },
      { title: 'total change', align: 'right', cell: (row) => signed(row.totalAfter - row.totalBefore) },
      { title: what, align: 'left', cell: (row) => showName(row.name), cut: 'end' },
      { title: 'file', align: 'left', cell: (row) => showPlace(row, folder), cut: 'start' },
    ],
    [...moreExpensive, ...cheapest],
    columns,
  );
};
