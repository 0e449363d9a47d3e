/** The whole screen. In: a state. Out: exactly as many lines as it has rows, each exactly as wide. Pure. */
import { formatCount, formatDuration } from '../report/units.js';
import { cutTo, displayWidth } from '../report/width.js';
import { flameLines } from './flame-lines.js';
import { footerLine } from './footer.js';
import { bodyHeight } from './layout.js';
import { emptyLine, fitHeight, fitLine, line, lineWidth, span, spread, type Line, type Span } from './line.js';
import { listLines } from './list-lines.js';
import { liveLines } from './live-lines.js';
import { overlayBox, withBox } from './overlay-lines.js';
import { rootIndex } from './roots.js';
import { sourceLines } from './source-lines.js';
import { frontView, rootViews, type ListView, type State, type View, type Work } from './state.js';
import { tabBar } from './tab-bar.js';
import { safe, wrap } from './text.js';

export const frame = (state: State): Line[] => {
  const notice = noticeLines(state);
  const body = fitHeight(bodyLines(state), bodyHeight(state));
  const lines = [
    tabBar(state),
    titleLine(state),
    ...body.slice(0, body.length + 1 - notice.length), // a long notice covers the end of the body
    ...notice,
    footerLine(state),
  ];
  const over = state.overlay === undefined ? lines : withBox(lines, overlayBox(state, state.overlay), state.columns);
  return fitHeight(over, state.rows).map((one) => fitLine(one, state.columns));
};

const bodyLines = (state: State): Line[] => {
  if (state.tab === 'live') return liveLines(state);
  const view = frontView(state);
  switch (view?.kind) {
    case 'list':
      return listLines(state, view);
    case 'source':
      return sourceLines(state, view);
    case 'flame':
      return flameLines(state, view);
    default:
      return nothingYet(state);
  }
};

/** The views of the tab, the one shown in brackets; then what was gone into; at the right: how much of it. */
const titleLine = (state: State): Line => {
  if (state.tab === 'live') return line(span(liveTitle(state), 'dim'));
  const view = frontView(state);
  const [, ...inside] = state.stacks[state.tab];
  const roots = line(' ', ...rootSpans(state, inside.length > 0));
  const counts = line(...(view?.kind === 'list' ? countSpans(view) : []));
  const room = state.columns - lineWidth(roots) - lineWidth(counts) - 1;
  return spread(line(...roots.spans, ...crumbSpans(inside, room)), counts, state.columns);
};

/** The deepest is read first: where there is no room for all, the first ones are left out. */
const crumbSpans = (views: readonly View[], room: number): Span[] => {
  const texts = views.map((view) => crumb(view));
  let from = 0;
  const width = (): number => texts.slice(from).reduce((sum, text) => sum + displayWidth(text) + 3, from > 0 ? 4 : 0);
  while (from < texts.length - 1 && width() > room) from++;
  const shown =
    from === texts.length - 1
      ? [cutTo(texts[from], Math.max(12, room - (from > 0 ? 7 : 3)), 'start')]
      : texts.slice(from);
  return [
    ...(from > 0 ? [span(' › …', 'dim')] : []),
    ...shown.flatMap((text) => [span(' › ', 'dim'), span(text, 'name')]),
  ];
};

const liveTitle = (state: State): string => {
  const last = state.readings.at(-1);
  const thread = state.threads.find((one) => one.id === state.thread);
  const up = last === undefined ? '' : `up ${formatDuration(last.uptimeSeconds * 1e6)}`;
  const others = state.threads.length - 1;
  const parent = state.threads.some((one) => one.isParent === true) ? 'P: back to the parent' : '';
  return ` ${[up, thread === undefined ? '' : `thread: ${safe(thread.title)}`, others > 0 ? `T: ${others} more` : '', parent].filter((one) => one !== '').join('   ')}`;
};

const crumb = (view: View): string => {
  if (view.kind === 'source') return `${safe(view.place.file)}:${view.cursor + 1}`;
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

/** Once one has gone into something, the way there is worth more than the other views. */
const rootSpans = (state: State, isInside: boolean): Span[] => {
  const now = rootIndex(state, state.tab);
  if (now < 0) {
    const [bottom] = state.stacks[state.tab];
    return bottom === undefined ? [] : [span(cutTo(crumb(bottom), state.columns - 2, 'start'), 'name')];
  }
  if (isInside) return [span(`[${rootViews[state.tab][now].title}]`, 'bold')];
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

/** More than this of a notice is not read. */
const mostNoticeLines = 4;

/** Above the footer: the filter while it is typed, work that goes on, or what was said last, in as many lines as it needs. */
const noticeLines = (state: State): Line[] => {
  const view = frontView(state);
  if (state.filtering && view?.kind === 'list') {
    return [line(span(' filter: ', 'title'), span(safe(view.filter)), span('▏', 'key'), ...matchSpans(view))];
  }
  const { work, notice } = state;
  if (notice !== undefined) {
    const mark = { good: ' ✓ ', warn: ' ! ', bad: ' ✗ ' }[notice.style];
    const texts = wrap(safe(notice.text), state.columns - mark.length - 1).slice(0, mostNoticeLines);
    const said = texts.map((text, at) => line(span((at === 0 ? mark : '   ') + text, notice.style)));
    return work === undefined ? said : [...said, workLine(work, state.columns)];
  }
  return [work === undefined ? quietLine(state, view) : workLine(work, state.columns)];
};

/** Nothing goes on: why no reading comes, the filter that is on, or what the data was made from. */
const quietLine = (state: State, view: View | undefined): Line => {
  if (state.silent !== undefined) return silentLine(state.silent);
  if (view?.kind !== 'list' || view.filter === '') return summaryLine(state);
  return line(span(' filter: ', 'title'), span(safe(view.filter)), ...matchSpans(view), span('; Esc clears it', 'dim'));
};

const matchSpans = ({ page, filter }: ListView): Span[] =>
  page === undefined || filter === ''
    ? []
    : [span(`   ${formatCount(page.matched)} of ${formatCount(page.total)} match`, 'dim')];

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

/** What the data in front was made from. */
const summaryLine = (state: State): Line => {
  const root = rootViews[state.tab][rootIndex(state, state.tab)];
  const summary = root === undefined ? undefined : state.loaded[root.needs];
  if (state.tab === 'live')
    return line(span(' Memory grows? L finds the leak.  CPU burns? C finds the function.', 'dim'));
  return summary === undefined ? emptyLine : line(span(` ${safe(summary)}`, 'dim'));
};

const missing: Readonly<Record<Exclude<State['tab'], 'live'>, readonly [string, string, string]>> = {
  heap: ['no heap snapshot yet', 'S', 'takes one (its cost is shown first)'],
  growth: ['nothing was compared yet', 'L', 'looks for leaks'],
  cpu: ['no profile yet', 'C', 'profiles the CPU, A allocations'],
  lines: ['no source is open', 'C', 'profiles the CPU: its hottest lines stand here; o on a row with a place opens it'],
};

const nothingYet = (state: State): Line[] => {
  if (state.tab === 'live') return [];
  const [what, key, does] = missing[state.tab];
  if (state.work !== undefined) return [emptyLine, line(span(`  ${what}`, 'dim'))];
  if (state.ended !== undefined) return [emptyLine, line(span(`  ${what}, and the process has ended`, 'dim'))];
  if (!state.live) return [emptyLine, line(span(`  ${what}: these files hold none`, 'dim'))];
  return [emptyLine, line(`  ${what}: `, span(key, 'key'), ` ${does}`)];
};
