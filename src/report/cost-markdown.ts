/** A profile as Markdown: its dearest functions and lines in tables. In: a CostTable. Out: text for a pull request or a wiki. */
import type { CostTable } from '../analyzer/model/cost.js';
import { formatValue } from './cost.js';
import { showName, showPlace } from './place.js';
import { escapeMarkdown, formatCount, formatShare } from './units.js';

export interface MarkdownOptions {
  readonly title: string;
  readonly folder: string;
  /** What the own values are of: `own time`, `allocated`. */
  readonly own: string;
  readonly limit: number;
}

export const renderCostMarkdown = (table: CostTable, { title, folder, own, limit }: MarkdownOptions): string => {
  const show = (value: number): string => formatValue(table.unit, value);
  const share = (value: number): string => (table.whole > 0 ? formatShare(value / table.whole) : '-');
  const counted = table.functions.some(({ calls }) => calls !== null);
  const survivors = table.functions.some(({ live }) => live !== null);
  const functions = table.functions
    .slice(0, limit)
    .map((row) => [
      ...(counted ? [row.calls === null ? '-' : formatCount(row.calls)] : []),
      show(row.self),
      share(row.self),
      ...(survivors ? [show(row.live ?? 0)] : []),
      show(row.total),
      escapeMarkdown(showName(row.name)),
      escapeMarkdown(showPlace(row, folder)),
    ]);
  const titles = [
    ...(counted ? ['calls'] : []),
    own,
    '%',
    ...(survivors ? ['still alive'] : []),
    'total',
    'function',
    'file',
  ];
  const lines = table.lines
    .slice(0, limit)
    .map((row) => [
      show(row.self),
      share(row.self),
      escapeMarkdown(showPlace(row, folder)),
      escapeMarkdown(showName(row.function) + (row.inlined ? ' (inlined callees)' : '')),
    ]);
  const out = [
    `# ${escapeMarkdown(title)}`,
    '',
    `${show(table.whole)} in ${formatCount(table.functions.length)} functions.`,
    '',
  ];
  out.push('## Functions', '', ...markdownTable(titles, functions, titles.length - 2));
  if (lines.length > 0) out.push('', '## Lines', '', ...markdownTable([own, '%', 'line', 'function'], lines, 2));
  return `${out.join('\n')}\n`;
};

/** `numbers`: how many columns stand to the right. */
const markdownTable = (titles: readonly string[], rows: readonly string[][], numbers: number): string[] =>
  [titles, titles.map((_, c) => (c < numbers ? '---:' : '---')), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
