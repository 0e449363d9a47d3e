/** The whole screen. In: a state. Out: exactly as many lines as it has rows, each exactly as wide. Pure. */
import { flameLines } from './flame-lines.js';
import { footerLine } from './footer.js';
import { bodyHeight } from './layout.js';
import { emptyLine, fitHeight, fitLine, line, span, type Line } from './line.js';
import { listLines } from './list-lines.js';
import { liveLines } from './live-lines.js';
import { noticeLines } from './notice-lines.js';
import { overlayBox, withBox } from './overlay-lines.js';
import { reportLines } from './report-lines.js';
import { sourceLines } from './source-lines.js';
import { frontView, type State } from '../state/state.js';
import { safe } from './text.js';
import { tabBar } from './tab-bar.js';
import { titleLine } from './title-line.js';

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
  const view = frontView(state);
  if (view?.kind === 'report') return reportLines(state, view);
  if (state.tab === 'live') return liveLines(state);
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

const missing: Readonly<Record<Exclude<State['tab'], 'live'>, readonly [string, string, string]>> = {
  heap: ['no heap snapshot yet', 'S', 'takes one (shows the cost first)'],
  growth: ['no search for leaks yet', 'L', 'looks for leaks'],
  cpu: ['no profile yet', 'C', 'profiles the CPU, W watches it live, A profiles allocations'],
  lines: ['no source is open', 'C', 'profiles the CPU and lists the hottest lines here; o opens the source of a row'],
};

const nothingYet = (state: State): Line[] => {
  if (state.tab === 'live') return [];
  const [what, key, does] = missing[state.tab];
  if (state.work !== undefined) {
    const text = state.live ? what : `opening ${state.title} …`;
    return [emptyLine, line(span(`  ${safe(text)}`, 'dim'))];
  }
  const gone = state.cutOff ? 'the connection to the process was lost' : 'the process has ended';
  if (state.ended !== undefined) return [emptyLine, line(span(`  ${what}, and ${gone}`, 'dim'))];
  if (!state.live) return [emptyLine, line(span(`  ${what}: these files contain none`, 'dim'))];
  return [emptyLine, line(`  ${what}: `, span(key, 'key'), ` ${does}`)];
};
