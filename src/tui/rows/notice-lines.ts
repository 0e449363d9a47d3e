/**
 * Above the footer: the filter being typed, the running action, the last notice, or the origin of the data.
 * In: a state. Out: as many lines as it needs. Pure.
 */
import { matchesIn } from '../state/boxes.js';
import { formatCount, formatShare } from '../../report/units.js';
import { emptyLine, fitLine, line, lineWidth, span, type Line, type Span } from './line.js';
import { hasInlined, howExact } from '../state/inlining.js';
import { rootInFront } from '../state/roots.js';
import { frontView, type State, type Work } from '../state/state.js';
import type { FlameView, ListView, View } from '../state/views.js';
import { wrap } from '../../report/wrap.js';
import { safe } from './text.js';

/** Longer notices are cut. */
const mostNoticeLines = 4;

export const noticeLines = (state: State): Line[] => {
  const view = frontView(state);
  if (state.filtering && view !== undefined && 'filter' in view) {
    const name = view.kind === 'list' ? ' filter: ' : ' search: ';
    return [line(span(name, 'title'), span(safe(view.filter)), span('▏', 'key'), ...matchSpans(view))];
  }
  const { work, notice } = state;
  if (notice !== undefined) {
    const mark = { good: ' ✓ ', warn: ' ! ', bad: ' ✗ ' }[notice.style];
    const texts = wrap(safe(notice.text), state.columns - mark.length - 1).slice(0, mostNoticeLines);
    const noticeLines = texts.map((text, at) => line(span((at === 0 ? mark : '   ') + text, notice.style)));
    return work === undefined ? noticeLines : [...noticeLines, workLine(work, state.columns)];
  }
  return [work === undefined ? quietLine(state, view) : workLine(work, state.columns)];
};

/** No action runs: shows why readings are missing, the active filter, or the origin of the data. */
const quietLine = (state: State, view: View | undefined): Line => {
  if (state.silent !== undefined) return silentLine(state.silent);
  if (view === undefined || !('filter' in view) || view.filter === '') return summaryLine(state, view);
  const name = view.kind === 'list' ? ' filter: ' : ' search: ';
  const keys = view.kind === 'list' ? '; Esc clears it' : '; n next, Esc clears it';
  return line(span(name, 'title'), span(safe(view.filter)), ...matchSpans(view), span(keys, 'dim'));
};

const matchSpans = (view: ListView | FlameView): Span[] => {
  if (view.filter === '') return [];
  if (view.kind === 'list') {
    const { page } = view;
    return page === undefined
      ? []
      : [span(`   ${formatCount(page.matched)} of ${formatCount(page.total)} match`, 'dim')];
  }
  if (view.flame === undefined) return [];
  const { boxes, total } = matchesIn(view.flame, view.filter);
  const text = boxes.length === 1 ? '1 box matches' : `${formatCount(boxes.length)} boxes match`;
  return [span(`   ${text}, ${formatShare(total / view.flame.whole)} in all`, 'dim')];
};

const workLine = (work: Work, columns: number): Line => {
  const elapsed = work.seconds === undefined ? '' : ` ${clock(work.seconds)}`;
  const keys = line(span(work.stopping === true ? '' : ' Esc stops it ', 'dim'));
  const text = fitLine(line(span(` …${elapsed} ${safe(work.text)}`, 'warn')), columns - lineWidth(keys));
  return line(...text.spans, ...keys.spans);
};

/** `0:07`, `12:34`. */
const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, '0')}`;

const silentLine = (text: string): Line => line(span(` ! ${safe(text)}`, 'warn'));

/** The origin of the data in front. */
const summaryLine = (state: State, view: View | undefined): Line => {
  const root = rootInFront(state, state.tab);
  const summary = root === undefined ? '' : state.loaded[root.needs];
  if (state.replay !== undefined) return emptyLine;
  if (state.tab === 'live')
    return line(span(' Memory grows? L finds why.  CPU burns? C finds where.  Hangs? D shows where.', 'dim'));
  const isNow = root?.needs === 'now';
  const paused = isNow && !state.watching ? 'paused, nothing is sampled: W goes on; ' : '';
  const list = view?.kind === 'list' ? view : undefined;
  const inlined = hasInlined(view) && !isNow ? `~ may include inlined functions: ${howExact(state, list)} tells; ` : '';
  return line(span(` ${paused}${inlined}`, 'warn'), span(safe(summary ?? ''), 'dim'));
};
