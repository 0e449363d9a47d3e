/**
 * What became more expensive from one profile to another, by function and by line. In: two cost tables. Out: rows, the
 * largest increase first.
 */
import { MemwatchError } from '../../errors.js';
import type { CostDiff, CostTable, DiffRow, FunctionRow, LineRow } from '../model/cost.js';

/**
 * If both say how long they are, the second is scaled to the length of the first, so that a longer profile does not look
 * more expensive. Two runs of a program to its end are not scaled, since there longer is more expensive. Throws
 * `bad-argument` if the two are of different kinds.
 */
export const computeCostDiff = (before: CostTable, after: CostTable): CostDiff => {
  if (before.unit !== after.unit) {
    throw new MemwatchError('bad-argument', `${before.unit} cannot be compared with ${after.unit}`, {
      hint: 'compare two CPU profiles, or two allocation profiles',
    });
  }
  const timed = before.durationUs > 0 && after.durationUs > 0;
  const wholeRuns = before.wholeProgram && after.wholeProgram;
  const scale = timed && !wholeRuns ? before.durationUs / after.durationUs : 1;
  const lineRows = ({ lines }: CostTable): KeyedRow[] => lines.filter(({ inlined }) => !inlined).map(rowOfLine);
  const [linesBefore, linesAfter] = [lineRows(before), lineRows(after)];
  const bothHaveLines = linesBefore.length > 0 && linesAfter.length > 0;
  return {
    unit: before.unit,
    scale,
    before: before.whole,
    after: after.whole * scale,
    functions: compare(before.functions.map(rowOfFunction), after.functions.map(rowOfFunction), scale),
    // many formats know no lines: beside one of those, every line of the other would seem to be new or gone
    lines: bothHaveLines ? compare(linesBefore, linesAfter, scale) : [],
  };
};

interface KeyedRow {
  readonly key: string;
  readonly name: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly self: number;
  readonly total: number;
}

/** A function with a name stays the same when it moves to another line; one without a name is identified by its line. */
const rowOfFunction = ({ name, file, line, self, total }: FunctionRow): KeyedRow => {
  const key = name === '' ? `${file}\n${line}` : `${file}\n${name}`;
  return { key, name, file, line, self, total };
};

const rowOfLine = ({ file, line, function: name, self }: LineRow): KeyedRow => {
  return { key: `${file}\n${line}`, name, file, line, self, total: self };
};

const compare = (before: readonly KeyedRow[], after: readonly KeyedRow[], scale: number): DiffRow[] => {
  const sums = new Map<
    string,
    { now: KeyedRow; selfBefore: number; selfAfter: number; totalBefore: number; totalAfter: number }
  >();
  const sumOf = (row: KeyedRow) => {
    const sum = sums.get(row.key) ?? { now: row, selfBefore: 0, selfAfter: 0, totalBefore: 0, totalAfter: 0 };
    sums.set(row.key, sum);
    return sum;
  };
  for (const row of before) {
    const sum = sumOf(row);
    sum.selfBefore += row.self;
    sum.totalBefore += row.total;
  }
  for (const row of after) {
    const sum = sumOf(row);
    sum.now = row; // its present line
    sum.selfAfter += row.self * scale;
    sum.totalAfter += row.total * scale;
  }
  return [...sums.values()]
    .map(({ now: { name, file, line }, ...sum }) => ({
      name,
      file,
      line,
      ...sum,
      selfDelta: sum.selfAfter - sum.selfBefore,
    }))
    .sort((a, b) => b.selfDelta - a.selfDelta);
};
