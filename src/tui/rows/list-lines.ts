/** A list tab's body: the table, and below it details of the row under the cursor. In: state, view. Out: lines. Pure. */
import { formatBytes } from '../../report/units.js';
import type { Finding } from '../../analyzer/model/finding.js';
import type { Location } from '../../analyzer/model/location.js';
import { cutPlace } from '../../report/place.js';
import { columnsOf } from './columns.js';
import { findingLines } from './finding-lines.js';
import { flow, pathSpans } from './path-spans.js';
import { listHeight, panelHeight } from './layout.js';
import { fitHeight, line, span, type Line, type Span } from './line.js';
import { howExact } from '../state/inlining.js';
import { chosenPlace } from '../state/places.js';
import type { PathStepRow } from '../state/detail.js';
import type { ShownReport } from '../state/provider.js';
import type { State } from '../state/state.js';
import { rowAtCursor, type ListView } from '../state/views.js';
import { tableLines } from './table.js';
import { wrap } from '../../report/wrap.js';
import { safe } from './text.js';

export const listLines = (state: State, view: ListView): Line[] => {
  const { report } = state;
  if (view.query.list === 'findings' && view.page?.total === 0 && report !== undefined) {
    return verdictLines(report, state.columns);
  }
  const height = listHeight(state, view);
  const table = tableLines(columnsOf(view.query), view, state.columns, height);
  const panel = panelHeight(state, view);
  return [
    ...fitHeight([...table, ...missingLines(state, view)], height + 1),
    ...fitHeight(panel === 0 ? [] : panelLines(state, view, panel), panel),
  ];
};

/** Why a function that the user knows may not be in a profile. */
const missingLines = (state: State, view: ListView): Line[] => {
  const { page, filter, query } = view;
  if (page?.matched !== 0 || filter === '' || page.inlining !== true) return [];
  const inlined = `V8 may have inlined that function into its caller: ${howExact(state, view)} profiles without inlining.`;
  const isAlloc = 'profile' in query && query.profile === 'alloc';
  const rare = isAlloc ? ' Allocations are samples, one in 64 KB or less: what allocates less is rarely seen.' : '';
  return wrap(inlined + rare, state.columns - 4).map((text) => line(span(`  ${text}`, 'dim')));
};

/** For a search without findings: the verdict and its reasons. */
const verdictLines = ({ verdict, reasons, warnings }: ShownReport, columns: number): Line[] => {
  const text = verdict === 'clean' ? 'Clean: nothing leaks' : 'Inconclusive: growth was neither proved nor excluded';
  const paragraphs = [...reasons, ...warnings].map((one) => wrap(safe(one), columns - 6));
  return [
    line(span(`  ${text}`, 'bold')),
    ...paragraphs.flatMap((lines) => lines.map((one, at) => line(at === 0 ? '  - ' : '    ', one))),
  ];
};

const panelLines = (state: State, view: ListView, height: number): Line[] => {
  const row = rowAtCursor(view);
  if (view.query.list === 'findings') {
    return row?.kind === 'finding' ? evidenceLines(state, view, row.finding, height) : [];
  }
  if (row === undefined && view.page?.matched === 0) return [];
  if (row?.kind === 'class' && row.retainedBytes === null) {
    return [rule(state, 'What keeps it alive'), line(span('  computing …', 'dim'))];
  }
  if (row?.kind === 'waste') {
    const advice = wrap(safe(row.advice), state.columns - 4).map((text) => line(span(`  ${text}`)));
    const where = row.place === undefined ? [] : [placeLine(row.place, state.columns)];
    const room = height - advice.length - where.length - 2;
    const path = room < 1 ? [] : [rule(state, 'What keeps the largest alive'), ...pathLines(view, state.columns, room)];
    return [rule(state, 'What to do'), ...advice, ...where, ...path];
  }
  const title = row?.kind === 'class' ? 'What keeps the biggest one alive' : 'What keeps it alive';
  const where = row?.kind === 'growth' && row.place !== undefined ? [placeLine(row.place, state.columns)] : [];
  return [rule(state, title), ...where, ...pathLines(view, state.columns, height - 1 - where.length)];
};

const placeLine = ({ file, line: number }: Location, columns: number): Line => {
  const key = '  o opens it';
  return line(span(`  ${cutPlace(safe(file), number, columns - key.length - 3)}`), span(key, 'dim'));
};

const evidenceLines = (state: State, view: ListView, finding: Finding, height: number): Line[] => {
  const lines = findingLines(finding, state.columns, chosenPlace(view, finding));
  const room = height - 1;
  const top = Math.min(view.panelTop ?? 0, Math.max(0, lines.length - room));
  const below = lines.length - room - top;
  const more = [...(top > 0 ? [`PgUp: ${top} above`] : []), ...(below > 0 ? [`PgDn: ${below} more lines`] : [])];
  return [rule(state, 'Evidence', more.join(', ')), ...lines.slice(top, top + room)];
};

const rule = (state: State, title: string, more = ''): Line => {
  const end = more === '' ? '' : ` ${more} ──`;
  const middle = '─'.repeat(Math.max(0, state.columns - title.length - end.length - 4));
  return line(span(`── ${title} ${middle}`, 'dim'), span(end, more === '' ? 'dim' : 'key'));
};

const pathLines = (view: ListView, width: number, height: number): Line[] => {
  if (view.path === undefined) return [line(span('  …', 'dim'))];
  const { steps } = view.path;
  if (steps.length === 0) {
    const row = rowAtCursor(view);
    const isRoot = row?.kind === 'object' && row.type === 'synthetic';
    const text = isRoot
      ? 'this is V8’s own root: it holds everything reachable'
      : 'nothing: not reachable from any root';
    return [line(span(`  ${text}`, 'dim'))];
  }
  const pieces = pathSpans(steps);
  if (steps.length <= height) return steps.map((step, at) => stepLine(step, at, pieces));
  return flowing(pieces, width, height);
};

/** One step per line, if there is room for all. */
const stepLine = (step: PathStepRow, at: number, pieces: readonly Span[][]): Line => {
  const [edge, name] = pieces[at] ?? [];
  return line(
    span(`  ${'  '.repeat(Math.min(at, 12))}${at === 0 ? '' : '└ '}`, 'dim'),
    ...(edge === undefined || name === undefined ? [] : [span(edge.text.replace(/^ → /, '')), name]),
    span(` @${step.id}`, 'dim'),
    ...(step.retainedBytes === null ? [] : [span(`  ${formatBytes(step.retainedBytes)}`, 'dim')]),
    ...(step.place === undefined ? [] : [span(`  ${safe(step.place.file)}:${step.place.line}`, 'place')]),
  );
};

/** Steps in sequence over several lines; if even that is too long, the middle is left out. */
const flowing = (pieces: readonly Span[][], width: number, height: number): Line[] => {
  for (let kept = pieces.length; kept >= 3; kept--) {
    const head = Math.ceil(kept / 2);
    const left = pieces.length - kept;
    const middle = left === 0 ? [] : [[span(` → … ${left} more …`, 'dim')]];
    const shown = [...pieces.slice(0, head), ...middle, ...pieces.slice(pieces.length - (kept - head))];
    const lines = flow(shown, width - 4);
    if (lines.length <= height || kept === 3) return lines.slice(0, height).map((spans) => line('  ', ...spans));
  }
  return [];
};
