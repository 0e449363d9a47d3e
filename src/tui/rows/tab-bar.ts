/** The first line: tabs with their number keys, and the target or files. In: a state. Out: a line, and the tab at a click. Pure. */
import { cutTo, displayWidth } from '../../report/width.js';
import { line, span, spread, type Line } from './line.js';
import { rootInFront } from '../state/roots.js';
import { tabsOf, type State } from '../state/state.js';
import { tabIds, type TabId } from '../state/views.js';
import { safe } from './text.js';

const names: Readonly<Record<TabId, string>> = {
  live: 'Live',
  heap: 'Heap',
  growth: 'Growth',
  cpu: 'CPU',
  lines: 'Lines',
};

/** The name of the CPU tab follows the profile shown: CPU or allocations. */
const nameOf = (state: State, tab: TabId): string => {
  if (state.replay !== undefined) return 'Recording';
  const root = tab === 'cpu' ? rootInFront(state, 'cpu') : undefined;
  return root?.needs === 'alloc' ? 'Allocations' : names[tab];
};

/** The tab in front is shown in brackets, not only by color. */
const label = (state: State, tab: TabId): string => {
  const text = `${tabIds.indexOf(tab) + 1} ${nameOf(state, tab)}`;
  return tab === state.tab ? `[${text}]` : ` ${text} `;
};

export const tabBar = (state: State): Line => {
  const tabs = tabsOf(state).map((tab) => span(label(state, tab), tab === state.tab ? 'tab' : 'plain'));
  const room = state.columns - tabsOf(state).reduce((sum, tab) => sum + displayWidth(label(state, tab)), 0) - 2;
  const word = state.cutOff ? 'CUT OFF ' : 'ENDED ';
  const ended = state.ended === undefined ? '' : word;
  const title = shortTitle(safe(state.title), Math.max(0, room - ended.length));
  return spread(line(...tabs), line(span(ended, 'bad'), span(title, 'bold'), ' '), state.columns);
};

/** If there is no room, first the version is left out (the last word), then folders, and only then the end of the name. */
const shortTitle = (title: string, room: number): string => {
  const noVersion = title.replace(/ v\d\S*$/, '');
  const noFolders = noVersion.replace(/\S*\//, '');
  return [title, noVersion, noFolders].find((one) => displayWidth(one) <= room) ?? cutTo(noFolders, room, 'end');
};

/** The tab at a column of the first line. */
export const tabAt = (state: State, x: number): TabId | undefined => {
  let end = 0;
  for (const tab of tabsOf(state)) {
    end += displayWidth(label(state, tab));
    if (x < end) return tab;
  }
  return undefined;
};
