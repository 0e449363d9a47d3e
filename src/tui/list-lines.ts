/** A list tab's body: the table, and below it what belongs to the row under the cursor. In: state, view. Out: lines. Pure. */
import { formatBytes } from '../report/units.js';
import { columnsOf } from './columns.js';
import { findingLines } from './finding-lines.js';
import { listHeight, panelHeight } from './layout.js';
import { fitHeight, line, span, type Line, type Span } from './line.js';
import { rowAtCursor } from './list-keys.js';
import { chosenPlace } from './places.js';
import type { PathStepRow } from './provider.js';
import type { ListView, State } from './state.js';
import { tableLines } from './table.js';
import { safe } from './text.js';

export const listLines = (state: State, view: ListView): Line[] => {
  const height = listHeight(state, view);
  const table = tableLines(columnsOf(view.query), view, state.columns, height);
  const panel = panelHeight(state, view);
  return [...fitHeight(table, height + 1), ...fitHeight(panel === 0 ? [] : panelLines(state, view, panel), panel)];
};

const panelLines = (state: State, view: ListView, height: number): Line[] => {
  const row = rowAtCursor(view);
  if (view.query.list === 'findings') {
    return row?.kind === 'finding'
      ? [rule(state, 'Evidence'), ...findingLines(row.finding, state.columns, chosenPlace(view, row.finding))]
      : [];
  }
  if (row?.kind === 'class' && row.retainedBytes === null) {
    return [rule(state, 'What keeps it alive'), line(span('  is being computed', 'dim'))];
  }
  const title = row?.kind === 'class' ? 'What keeps the biggest of them alive' : 'What keeps it alive';
  return [rule(state, title), ...pathLines(view, state.columns, height - 1)];
};

const rule = (state: State, title: string): Line =>
  line(span(`── ${title} ${'─'.repeat(Math.max(0, state.columns - title.length - 4))}`, 'dim'));

const pathLines = (view: ListView, width: number, height: number): Line[] => {
  if (view.path === undefined) return [line(span('  …', 'dim'))];
  const { steps } = view.path;
  if (steps.length === 0) return [line(span('  nothing: it is not reachable from a root', 'dim'))];
  if (steps.length <= height) return steps.map((step, at) => stepLine(step, at));
  return flowing(steps, width, height);
};

/** One step a line, where there is room for all of them. */
const stepLine = (step: PathStepRow, at: number): Line =>
  line(
    span(`  ${'  '.repeat(Math.min(at, 12))}${at === 0 ? '' : '└ '}`, 'dim'),
    ...stepSpans(step),
    span(` @${step.id}`, 'dim'),
    ...(step.retainedBytes === null ? [] : [span(`  ${formatBytes(step.retainedBytes)}`, 'dim')]),
    ...(step.place === undefined ? [] : [span(`  ${safe(step.place.file)}:${step.place.line}`, 'place')]),
  );

const stepSpans = (step: PathStepRow): Span[] => [
  ...(step.edge === undefined ? [] : [span(safe(step.edge)), span(': ', 'dim')]),
  span(safe(step.name), 'name'),
];

/** Steps one behind the other over several lines; where even that is too long, the middle is left out. */
const flowing = (steps: readonly PathStepRow[], width: number, height: number): Line[] => {
  for (let kept = steps.length; kept >= 3; kept--) {
    const head = Math.ceil(kept / 2);
    const left = steps.length - kept;
    const pieces = [
      ...steps.slice(0, head).map((step) => stepSpans(step)),
      ...(left === 0 ? [] : [[span(`… ${left} more …`, 'dim')]]),
      ...steps.slice(steps.length - (kept - head)).map((step) => stepSpans(step)),
    ];
    const lines = flow(pieces, width - 4);
    if (lines.length <= height || kept === 3) return lines.slice(0, height);
  }
  return [];
};

const flow = (pieces: readonly (readonly Span[])[], width: number): Line[] => {
  const lines: Span[][] = [[]];
  let used = 0;
  for (const [at, piece] of pieces.entries()) {
    const arrow = at === 0 ? [] : [span(' → ', 'dim')];
    const cells = [...arrow, ...piece].reduce((sum, one) => sum + one.text.length, 0);
    if (used > 0 && used + cells > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(...arrow, ...piece);
    used += cells;
  }
  return lines.map((spans) => line('  ', ...spans));
};
