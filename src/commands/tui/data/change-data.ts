/**
 * Two profiles as what changed from one to the other, for the CPU tab. In: the profiles. Out: rows of functions and of lines,
 * and a flame graph with both values of each box. Runs in the data thread.
 */
import { computeCostDiff } from '../../../analyzer/cost/diff.js';
import { computeDiffTree } from '../../../analyzer/cost/diff-tree.js';
import { computeInclusive } from '../../../analyzer/cost/functions.js';
import { computeCostTable } from '../../../analyzer/cost/table.js';
import type { CostDiff, DiffRow } from '../../../analyzer/model/cost.js';
import type { Profile } from '../../../analyzer/model/profile.js';
import type { ChangeRow, ListOrder, ListQuery, ListWindow, Page } from '../../../tui/state/lists.js';
import { formatChange, formatValue } from '../../../tui/state/value.js';
import { createFlameGraph, type FlameGraph } from './flame-data.js';
import { rowPage } from './row-list.js';

export type ChangeQuery = Extract<ListQuery, { list: 'changedFunctions' | 'changedLines' }>;

export interface ChangeData {
  readonly diff: CostDiff;
  /** What 100 % is: the larger of the two. */
  readonly whole: number;
  readonly functions: readonly ChangeRow[];
  readonly lines: readonly ChangeRow[];
  readonly flame: FlameGraph;
}

/** Throws `bad-argument` if they are of different kinds. */
export const computeChangeData = (before: Profile, after: Profile): ChangeData => {
  const diff = computeCostDiff(computeCostTable(before), computeCostTable(after));
  const rowOf = (row: DiffRow): ChangeRow => changeRow(row, diff);
  return {
    diff,
    whole: Math.max(1, diff.before, diff.after),
    functions: diff.functions.map(rowOf),
    lines: diff.lines.map(rowOf),
    flame: changeGraph(computeDiffTree(before, after, diff.scale)),
  };
};

export const changePage = (data: ChangeData, { list }: ChangeQuery, order: ListOrder, window: ListWindow): Page =>
  rowPage(list === 'changedFunctions' ? data.functions : data.lines, order, window, data.whole);

/** `1.20 s → 2.40 s (+1.20 s)`. */
export const changeSummary = ({ diff: { unit, before, after, scale } }: ChangeData): string => {
  const show = (value: number): string => formatValue(value, unit);
  const scaled =
    Math.abs(scale - 1) > 0.02 ? `; the second is scaled by ${scale.toFixed(2)} to the length of the first` : '';
  return `${show(before)} → ${show(after)} (${formatChange(after - before, unit)})${scaled}`;
};

const changeRow = (row: DiffRow, { unit }: CostDiff): ChangeRow => ({
  kind: 'change',
  name: row.name,
  place: row.file === null ? undefined : { file: row.file, line: row.line ?? 0, column: 0 },
  before: row.selfBefore,
  after: row.selfAfter,
  delta: row.selfDelta,
  totalDelta: row.totalAfter - row.totalBefore,
  unit,
});

/** In a tree of two profiles each node has a frame of its own, with the same number. */
const changeGraph = (tree: Profile): FlameGraph => {
  const [, before, after] = tree.values.map(({ self }) => computeInclusive(tree, self));
  const graph = createFlameGraph(tree);
  return before === undefined || after === undefined
    ? graph
    : { ...graph, changeOf: (frame) => ({ before: before[frame] ?? 0, after: after[frame] ?? 0 }) };
};
