/** The whole screen. In: a state. Out: exactly as many lines as it has rows, each exactly as wide. Pure. */
import { formatCount, formatDuration } from '../report/units.js';
import { flameLines } from './flame-lines.js';
import { footerLine } from './footer.js';
import { bodyHeight } from './layout.js';
import { emptyLine, fitHeight, fitLine, line, lineWidth, span, spread, type Line, type Span } from './line.js';
import { listLines } from './list-lines.js';
import { liveLines } from './live-lines.js';
import { overlayBox, withBox } from './overlay-lines.js';
import { rootIndex } from './roots.js';
import { sourceLines } from './source-lines.js';
import { frontView, rootViews, type ListView, type State } from './state.js';
import { tabBar } from './tab-bar.js';
import { safe } from './text.js';

export const frame = (state: State): Line[] => {
  const lines = [
    tabBar(state),
    titleLine(state),
    ...fitHeight(bodyLines(state), bodyHeight(state)),
    noticeLine(state),
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
  const crumbs = inside.flatMap((one) => [span(' › ', 'dim'), span(crumb(one), 'name')]);
  return spread(
    line(' ', ...rootSpans(state), ...crumbs),
    line(...(view?.kind === 'list' ? countSpans(view) : [])),
    state.columns,
  );
};

const liveTitle = (state: State): string => {
  const last = state.readings.at(-1);
  const thread = state.threads.find((one) => one.id === state.thread);
  const up = last === undefined ? '' : `up ${formatDuration(last.uptimeSeconds * 1e6)}`;
  const others = state.threads.length - 1;
  const parent = state.threads.some((one) => one.isParent === true) ? 'P: back to the parent' : '';
  return ` ${[up, thread === undefined ? '' : `thread: ${safe(thread.title)}`, others > 0 ? `T: ${others} more` : '', parent].filter((one) => one !== '').join('   ')}`;
};

const crumb = (view: ReturnType<typeof frontView>): string => {
  if (view?.kind === 'source') return `${safe(view.place.file)}:${view.cursor + 1}`;
  if (view?.kind !== 'list') return 'flame graph';
  const side = { fields: ' fields', retainers: ' held by', callers: ' called by', callees: ' calls' };
  return view.title + (view.query.list in side ? side[view.query.list as keyof typeof side] : '');
};

const rootSpans = (state: State): Span[] => {
  const now = rootIndex(state, state.tab);
  if (now < 0) return state.stacks[state.tab].slice(0, 1).map((one) => span(crumb(one), 'name'));
  return rootViews[state.tab].flatMap((root, at) => {
    if (!(root.needs in state.loaded)) return [];
    return [at === now ? span(`[${root.title}]`, 'bold') : span(` ${root.title} `, 'dim')];
  });
};

const countSpans = (view: ListView): Span[] => {
  if (view.page === undefined) return [];
  const { matched, total } = view.page;
  const at = matched === 0 ? 0 : view.cursor + 1;
  const filter = view.filter === '' ? '' : ` that match “${view.filter}” (of ${formatCount(total)})`;
  return [span(`${formatCount(at)} of ${formatCount(matched)}${filter} `, 'dim')];
};

/** The line above the footer: the filter while it is typed, work that goes on, or what was said last. */
const noticeLine = (state: State): Line => {
  const view = frontView(state);
  if (state.filtering && view?.kind === 'list') {
    return line(span(' filter: ', 'title'), span(safe(view.filter)), span('▏', 'key'));
  }
  const { work, notice } = state;
  if (notice !== undefined) {
    const mark = { good: ' ✓ ', warn: ' ! ', bad: ' ✗ ' }[notice.style];
    return line(span(mark + safe(notice.text), notice.style));
  }
  if (work === undefined) return state.silent === undefined ? summaryLine(state) : silentLine(state.silent);
  const elapsed = work.seconds === undefined ? '' : ` ${clock(work.seconds)}`;
  const keys = line(span(work.stopping === true ? '' : ' Esc stops it ', 'dim'));
  const text = fitLine(line(span(` …${elapsed} ${safe(work.text)}`, 'warn')), state.columns - lineWidth(keys));
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
  if (state.tab === 'live') return line(span(' Memory grows? L finds the leak.  CPU burns? C shows the lines.', 'dim'));
  return summary === undefined ? emptyLine : line(span(` ${safe(summary)}`, 'dim'));
};

const missing: Readonly<Record<Exclude<State['tab'], 'live'>, readonly [string, string, string]>> = {
  heap: ['no heap snapshot yet', 'S', 'takes one (its cost is shown first)'],
  growth: ['nothing was compared yet', 'L', 'looks for leaks'],
  cpu: ['no profile yet', 'C', 'profiles the CPU, A allocations'],
  lines: ['no source is open', 'C', 'profiles the CPU and shows the hottest lines; o on any row with a place opens it'],
};

const nothingYet = (state: State): Line[] => {
  if (state.tab === 'live') return [];
  const [what, key, does] = missing[state.tab];
  if (state.work !== undefined) return [];
  if (state.ended !== undefined) return [emptyLine, line(span(`  ${what}, and the process has ended`, 'dim'))];
  if (!state.live) return [emptyLine, line(span(`  ${what}: these files hold none`, 'dim'))];
  return [emptyLine, line(`  ${what}: `, span(key, 'key'), ` ${does}`)];
};
