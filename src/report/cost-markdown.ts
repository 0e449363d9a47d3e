/** A profile as Markdown: its most expensive functions and lines in tables. In: a CostTable. Out: text for a pull request or a wiki. */
import type { CostTable, FunctionRow, LineRow } from '../analyzer/model/cost.js';
import { formatValue, markedName } from './cost.js';
import { showPlace } from './place.js';
import { escapeMarkdown, formatCount, formatShare } from './units.js';

export interface MarkdownOptions {
  readonly title: string;
  readonly folder: string;
  /** Title of the column of own values: `own time`, `allocated`. */
  readonly own: string;
  readonly limit: number;
}

export const renderCostMarkdown = (table: CostTable, { title, folder, own, limit }: MarkdownOptions): string => {
  const columns = columnsOf(table, own, folder);
  const functions = table.functions.slice(0, limit).map((row) => columns.map(({ cell }) => cell(row)));
  const lines = table.lines.slice(0, limit).map((row) => lineCells(row, table, folder));
  const out = [
    `# ${escapeMarkdown(title)}`,
    '',
    `${formatValue(table.unit, table.whole)} in ${formatCount(table.functions.length)} functions.`,
    '',
  ];
  const titles = columns.map((column) => column.title);
  out.push('## Functions', '', ...markdownTable(titles, functions, titles.length - 2));
  if (lines.length > 0) out.push('', '## Lines', '', ...markdownTable([own, '%', 'line', 'function'], lines, 2));
  return `${out.join('\n')}\n`;
};

interface Column {
  readonly title: string;
  readonly cell: (row: FunctionRow) => string;
}

const columnsOf = (table: CostTable, own: string, folder: string): Column[] => {
  const counted = table.functions.some(({ calls }) => calls !== null);
  const survivors = table.functions.some(({ live }) => live !== null);
  const show = (value: number): string => formatValue(table.unit, value);
  const all: (Column | undefined)[] = [
    counted ? { title: 'calls', cell: ({ calls }) => (calls === null ? '-' : formatCount(calls)) } : undefined,
    { title: own, cell: ({ self }) => show(self) },
    { title: '%', cell: ({ self }) => shareOf(self, table) },
    survivors ? { title: 'still alive', cell: ({ live }) => show(live ?? 0) } : undefined,
    { title: 'total', cell: ({ total }) => show(total) },
    { title: 'function', cell: (row) => escapeMarkdown(markedName(row)) },
    { title: 'file', cell: (row) => escapeMarkdown(showPlace(row, folder)) },
  ];
  return all.filter((column) => column !== undefined);
};

const lineCells = (row: LineRow, table: CostTable, folder: string): string[] => [
  formatValue(table.unit, row.self),
  shareOf(row.self, table),
  escapeMarkdown(showPlace(row, folder)),
  escapeMarkdown(markedName({ ...row, name: row.function }) + (row.inlined ? ' (inlined callees)' : '')),
];

const shareOf = (value: number, { whole }: CostTable): string => (whole > 0 ? formatShare(value / whole) : '-');

/** `numbers`: how many columns are aligned to the right. */
const markdownTable = (titles: readonly string[], rows: readonly string[][], numbers: number): string[] =>
  [titles, titles.map((_, c) => (c < numbers ? '---:' : '---')), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
