/**
 * A profile's call tree as folded text: who calls whom from the program's start (callees), or from the most expensive functions
 * up to those that call them (callers). In: a tree of shares. Out: lines; what is below a hundredth of the whole is summed up in one line.
 *
 *   100.0%  100 ms  main  app.js:1
 *    75.0%   75 ms    hash  app.js:9
 */
import type { ProfileUnit } from '../analyzer/model/profile.js';
import { formatValue, markedName, percentTitle } from './cost.js';
import { showPlace } from './place.js';
import { escapeText, formatShare } from './units.js';
import { cutTo } from './width.js';

/** One function in the tree. */
export interface CostTreeNode {
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  /** Only if other functions begin on the line. */
  readonly column?: number | undefined;
  readonly mayBeInlined: boolean;
  readonly value: number;
  readonly children: () => readonly CostTreeNode[];
}

export interface CostTreeOptions {
  readonly title: string;
  readonly unit: ProfileUnit;
  readonly whole: number;
  readonly columns: number;
  readonly folder: string;
  /** Lines that are shown at most. */
  readonly limit: number;
}

const smallestShare = 0.01;
/** Deeper ones are indented no further, because no room would be left on the line. */
const deepestIndent = 30;

export const renderCostTree = (roots: readonly CostTreeNode[], options: CostTreeOptions): string[] => {
  const { title, unit, whole, columns, folder, limit } = options;
  const out: string[] = [];
  const line = (value: number, depth: number, text: string): string => {
    const share = (whole > 0 ? formatShare(value / whole) : '-').padStart(6);
    const indent = ' '.repeat(Math.min(depth, deepestIndent));
    return cutTo(`${share}  ${formatValue(unit, value).padStart(8)}  ${indent}${escapeText(text)}`, columns, 'end');
  };
  const stack: { node: CostTreeNode | undefined; value: number; depth: number; text: string }[] = [];
  const push = (nodes: readonly CostTreeNode[], depth: number): void => {
    const shown = nodes.filter(({ value }) => value >= smallestShare * whole && value > 0);
    const rest = nodes.filter((node) => !shown.includes(node) && node.value > 0);
    const value = rest.reduce((sum, node) => sum + node.value, 0);
    if (rest.length > 0) stack.push({ node: undefined, value, depth, text: `… ${rest.length} more` });
    for (const node of shown.toReversed()) stack.push({ node, value: node.value, depth, text: textOf(node, folder) });
  };
  push(roots, 0);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (out.length === limit) return [head(title, unit), ...out, `… cut after ${limit} lines; --limit 0 shows all`];
    out.push(line(next.value, next.depth, next.text));
    if (next.node !== undefined) push(next.node.children(), next.depth + 1);
  }
  return [head(title, unit), ...out];
};

const head = (title: string, unit: ProfileUnit): string => `${percentTitle(unit)}     total  ${title}`;

const textOf = ({ name, file, line, column, mayBeInlined }: CostTreeNode, folder: string): string => {
  const place = showPlace({ file, line, column }, folder);
  return `${markedName({ name, mayBeInlined })}${place === '' ? '' : `  ${place}`}`;
};
