/** The second line: the current view and the position in a list. In: a state. Out: a line. Pure. */
import { formatCount, formatDuration } from '../../report/units.js';
import { cutTo, displayWidth } from '../../report/width.js';
import { line, lineWidth, span, spread, type Line, type Span } from './line.js';
import { reportPosition, reportTitles } from './report-lines.js';
import { rootIndex } from '../state/roots.js';
import { frontView, type State } from '../state/state.js';
import { rootViews, type ListView, type View } from '../state/views.js';
import { safe } from './text.js';

/** The views of the tab, the one shown in brackets; then the opened objects; at the right the position. */
export const titleLine = (state: State): Line => {
  const view = frontView(state);
  if (view?.kind === 'report')
    return spread(
      line(' Live', ...crumbSpans([view], state.columns)),
      line(span(reportPosition(state, view), 'dim')),
      state.columns,
    );
  if (state.tab === 'live') return line(span(liveTitle(state), 'dim'));
  const [, ...inside] = state.stacks[state.tab];
  const roots = line(' ', ...rootSpans(state, inside.length > 0));
  const counts = line(...(view?.kind === 'list' ? countSpans(view) : []));
  const room = state.columns - lineWidth(roots) - lineWidth(counts) - 1;
  return spread(line(...roots.spans, ...crumbSpans(inside, room)), counts, state.columns);
};

/** The deepest is the most useful: if there is no room for all, the first ones are left out. */
const crumbSpans = (views: readonly View[], room: number): Span[] => {
  const texts = views.map((view) => crumb(view));
  let from = 0;
  const width = (): number => texts.slice(from).reduce((sum, text) => sum + displayWidth(text) + 3, from > 0 ? 4 : 0);
  while (from < texts.length - 1 && width() > room) from++;
  const shown =
    from === texts.length - 1
      ? [cutTo(texts[from] ?? '', Math.max(12, room - (from > 0 ? 7 : 3)), 'start')]
      : texts.slice(from);
  return [
    ...(from > 0 ? [span(' › …', 'dim')] : []),
    ...shown.flatMap((text) => [span(' › ', 'dim'), span(text, 'name')]),
  ];
};

const liveTitle = (state: State): string => {
  const last = state.readings.at(-1);
  const thread = state.threads.find((one) => one.id === state.thread);
  const up = last === undefined || state.replay !== undefined ? '' : `up ${formatDuration(last.uptimeSeconds * 1e6)}`;
  const others = state.threads.length - 1;
  const parent = state.threads.some((one) => one.isParent === true) ? 'P: back to the parent' : '';
  return ` ${[up, momentText(state), thread === undefined ? '' : `thread: ${safe(thread.title)}`, others > 0 ? `T: ${others} more` : '', parent].filter((one) => one !== '').join('   ')}`;
};

/** Of a recording. */
const momentText = ({ replay, readings }: State): string => {
  const [first, now, last] = [readings[0], readings.at(-1), replay?.readings.at(-1)];
  if (first === undefined || now === undefined || last === undefined) return '';
  const since = (ms: number): string => formatDuration((ms - first.timeMs) * 1000);
  const time = new Date(now.timeMs).toISOString().slice(0, 19).replace('T', ' ');
  return `${time} UTC, ${since(now.timeMs)} of ${since(last.timeMs)}${replay?.isPlaying === true ? ', playing' : ''}`;
};

const crumb = (view: View): string => {
  if (view.kind === 'source') return `${safe(view.place.file)}:${view.cursor + 1}`;
  if (view.kind === 'report') return reportTitles[view.name];
  if (view.kind !== 'list') return 'flame graph';
  const side = {
    fields: ' fields',
    retainers: ' held by',
    dominated: ' keeps alive',
    callers: ' called by',
    callees: ' calls',
  };
  return view.title + (view.query.list in side ? side[view.query.list as keyof typeof side] : '');
};

/** Inside an opened object the path to it is more useful than the other views. */
const rootSpans = (state: State, isInside: boolean): Span[] => {
  const now = rootIndex(state, state.tab);
  if (now < 0) {
    const [bottom] = state.stacks[state.tab];
    return bottom === undefined ? [] : [span(cutTo(crumb(bottom), state.columns - 2, 'start'), 'name')];
  }
  if (isInside) return [span(`[${rootViews[state.tab][now]?.title ?? ''}]`, 'bold')];
  return rootViews[state.tab].flatMap((root, at) => {
    if (!(root.needs in state.loaded)) return [];
    return [at === now ? span(`[${root.title}]`, 'bold') : span(` ${root.title} `, 'dim')];
  });
};

const countSpans = (view: ListView): Span[] => {
  if (view.page === undefined) return [];
  const { matched, total } = view.page;
  if (total === 0 && view.filter === '') return [];
  const at = matched === 0 ? 0 : view.cursor + 1;
  return [span(`${formatCount(at)} of ${formatCount(matched)} `, 'dim')];
};
