/**
 * A flame graph of characters: callers above, callees below, as wide as their share. Boxes are separated by a bar at
 * their left as well as by color. In: state, view. Out: lines. Pure.
 */
import { formatShare } from '../../report/units.js';
import { displayWidth, cutTo } from '../../report/width.js';
import { placeText } from './columns.js';
import { boxAt, isMatch, levels } from '../state/boxes.js';
import { bodyHeight } from './layout.js';
import { line, span, type Line, type Span, type Style } from './line.js';
import type { Change, FlameBox, FlameDetail } from '../state/detail.js';
import type { State } from '../state/state.js';
import type { FlameView } from '../state/views.js';
import { padEnd, safe } from './text.js';
import { formatChange, formatValue } from '../state/value.js';

/** Lines above the graph: details of the box under the cursor. */
export const flameTop = 2;

export const flameLines = (state: State, view: FlameView): Line[] => {
  const { flame } = view;
  if (flame === undefined) return [line(span('  …', 'dim'))];
  const rows = levels(flame);
  const at = boxAt(flame, view.cursor);
  const first = firstLevel(flame, view, bodyHeight(state) - flameTop);
  return [
    at === undefined
      ? line(span('  choose a box with the arrow keys', 'dim'))
      : aboutLine(flame, at.box, state.columns),
    line(span('─'.repeat(state.columns), 'dim')),
    ...rows
      .slice(first, first + bodyHeight(state) - flameTop)
      .map((row, depth) =>
        rowLine(row, first + depth, { view, whole: flame.whole }, first + depth < flame.ancestors.length),
      ),
  ];
};

/** The first depth on the screen: deep graphs scroll with the cursor. */
export const firstLevel = (flame: FlameDetail, view: FlameView, height: number): number => {
  const depth = boxAt(flame, view.cursor)?.depth ?? 0;
  return Math.max(0, Math.min(depth - height + 3, levels(flame).length - height));
};

const aboutLine = (flame: FlameDetail, box: FlameBox, width: number): Line => {
  const figures = box.change === undefined ? costText(flame, box) : changeText(flame, box.change);
  const name = cutTo(safe(box.name) || '(anonymous)', Math.max(12, width - figures.length - 24));
  return line(
    span(` ${name}`, 'name'),
    span(figures, 'bold'),
    span(placeText(box.place, Math.max(10, width - 1 - displayWidth(name) - figures.length)), 'place'),
  );
};

const costText = ({ unit, whole }: FlameDetail, { total, self }: FlameBox): string => {
  const share = (value: number): string => `${formatValue(value, unit)} (${formatShare(value / whole)})`;
  return `  total ${share(total)}  self ${share(self)}  `;
};

const changeText = ({ unit, whole }: FlameDetail, { before, after }: Change): string => {
  const share = ((100 * (after - before)) / whole).toFixed(1);
  const change = `${formatChange(after - before, unit)} (${after > before ? '+' : ''}${share}%)`;
  return `  ${formatValue(before, unit)} → ${formatValue(after, unit)}  ${change}  `;
};

const rowLine = (
  row: readonly FlameBox[],
  depth: number,
  { view, whole }: { view: FlameView; whole: number },
  ancestor: boolean,
): Line => {
  const spans: Span[] = [];
  let x = 0;
  for (const box of row) {
    if (box.x > x) spans.push(span(' '.repeat(box.x - x)));
    const selected = box.key === view.cursor;
    const found = isMatch(box, view.filter);
    const style =
      box.change === undefined || selected ? boxStyle(box, depth, selected, ancestor) : changeStyle(box.change, whole);
    const shown = found || selected || view.filter === '' ? style : 'dim';
    spans.push(span(boxText(box, selected, found ? '*' : edgeOf(style)), shown));
    x = box.x + box.width;
  }
  return line(...spans);
};

/** The box under the cursor is shown as >…<, and one that a search finds as *…, not only by color. */
const boxText = (box: FlameBox, selected: boolean, edge: string): string => {
  const name = safe(box.name) || '(anonymous)';
  if (box.width === 1) return selected ? '>' : edge;
  if (!selected) return `${edge}${padEnd(cutTo(name, box.width - 1), box.width - 1)}`;
  const shown = cutTo(name, box.width - 2);
  return `>${shown}${' '.repeat(Math.max(0, box.width - 2 - displayWidth(shown)))}<`;
};

const boxStyle = (box: FlameBox, depth: number, selected: boolean, ancestor: boolean): Style => {
  if (selected) return 'tab';
  if (ancestor) return 'flame5';
  if (box.name.startsWith('(')) return 'flame4';
  return (['flame0', 'flame1', 'flame2', 'flame3'] as const)[(depth + hash(box.name)) % 4] ?? 'flame0';
};

/** Weak for less than a twentieth of the whole; a change of less than a thousandth is noise. */
const changeStyle = ({ before, after }: Change, whole: number): Style => {
  const share = (after - before) / whole;
  if (Math.abs(share) < 0.001) return 'same';
  const strength = Math.abs(share) < 0.05 ? 0 : 1;
  return share > 0 ? `grew${strength}` : `shrank${strength}`;
};

/** What grew and what shrank is told apart without colour, too. */
const edgeOf = (style: Style): string => (style.startsWith('grew') ? '+' : style.startsWith('shrank') ? '-' : '│');

const hash = (text: string): number => {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) & 0xffff;
  return sum;
};
