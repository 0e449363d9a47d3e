/** The last line: the keys that work here, the most useful first. In: state. Out: a line. Pure. */
import { line, span, type Line, type Span } from './line.js';
import { hasInlined } from '../state/inlining.js';
import { placesOfFinding } from '../state/places.js';
import type { ReportName } from '../state/provider.js';
import { frontView, type State } from '../state/state.js';
import { rootViews, rowAtCursor, type ListView, type View } from '../state/views.js';

type Hint = readonly [string, string];

export const footerLine = (state: State): Line => {
  const spans: Span[] = [];
  let used = always.reduce((sum, hint) => sum + cellsOf(hint), 1);
  const fitting = hintsOf(state).filter((hint) => {
    if (used + cellsOf(hint) > state.columns) return false;
    used += cellsOf(hint);
    return true;
  });
  for (const hint of [...fitting, ...always]) {
    spans.push(span(` ${hint[0]}`, 'key'), span(` ${hint[1]} `));
  }
  return line(...spans);
};

const cellsOf = ([key, meaning]: Hint): number => key.length + meaning.length + 3;

const always: readonly Hint[] = [
  ['?', 'keys'],
  ['q', 'quit'],
];

const filterHints: readonly Hint[] = [
  ['type', 'to filter'],
  ['Enter', 'keep'],
  ['Esc', 'clear'],
];

const liveHints: readonly Hint[] = [
  ['L', 'leaks'],
  ['C', 'CPU'],
  ['W', 'watch'],
  ['M', 'memory'],
  ['D', 'threads'],
  ['S', 'heap'],
  ['A', 'alloc'],
  ['F', 'GC'],
  ['a', 'actions'],
];

const replayHints = ({ threads }: State, isPlaying: boolean): Hint[] => [
  ['←→', 'moment'],
  ['Space', isPlaying ? 'pause' : 'play'],
  ...(threads.length > 1 ? [['T', 'thread'] as const] : []),
  ['PgUp PgDn', 'a tenth'],
  ['g G', 'start, end'],
];

const reportHints = (name: ReportName): Hint[] => [
  ['Esc', 'back'],
  ['↑↓', 'scroll'],
  [name === 'memory' ? 'M' : 'D', 'read again'],
  ['w', 'write to a file'],
  ['a', 'actions'],
];

const hintsOf = (state: State): readonly Hint[] => {
  const view = frontView(state);
  if (state.filtering) return filterHints;
  if (view?.kind === 'report') return reportHints(view.name);
  if (state.replay !== undefined) return replayHints(state, state.replay.isPlaying);
  if (state.tab === 'live') return liveHints;
  const roots = rootViews[state.tab].filter((root) => root.needs in state.loaded).length;
  const other: Hint[] = roots > 1 ? [['v', 'view']] : [];
  switch (view?.kind) {
    case 'list':
      return [...listHints(state, view), ...other, ['a', 'actions']];
    case 'source':
      return [
        ...(view.finding === undefined ? [] : [['p', 'next place'] as const]),
        ...(leadsBack(state, view) ? [['Esc', 'back'] as const] : []),
        ...(state.live && hasInlined(view) ? [['E', 'exact'] as const] : []),
        ['n/N', 'hot lines'],
        ['←→', 'scroll'],
        ['y', 'copy place'],
        ['a', 'actions'],
      ];
    case 'flame':
      return [...flameHints, ...other, ['a', 'actions']];
    default:
      return [['a', 'actions']];
  }
};

const flameHints: readonly Hint[] = [
  ['←↑↓→', 'box'],
  ['Enter', 'zoom'],
  ['Esc', 'out'],
  ['/', 'search'],
  ['o', 'source'],
];

const turns: Partial<Record<ListView['query']['list'], string>> = {
  fields: 'held by',
  retainers: 'keeps alive',
  dominated: 'fields',
  callers: 'callees',
  callees: 'callers',
};

const enters: Partial<Record<ListView['query']['list'], string>> = {
  findings: 'source',
  hotLines: 'source',
  changedFunctions: 'source',
  changedLines: 'source',
};

const listHints = (state: State, view: ListView): Hint[] => {
  const turn = turns[view.query.list];
  const row = rowAtCursor(view);
  const hasPlace = ['functions', 'callers', 'callees'].includes(view.query.list);
  return [
    ['Enter', enters[view.query.list] ?? 'open'],
    ...(row?.kind === 'finding' && placesOfFinding(row.finding).length > 1 ? [['p', 'next place'] as const] : []),
    ...(turn === undefined ? [] : [['t', turn] as const]),
    ...(hasPlace ? [['o', 'source'] as const] : []),
    ...(isNow(view) ? [['W', state.watching ? 'pause' : 'go on'] as const] : []),
    ...(state.live && view.page?.inlining === true ? [['E', 'exact'] as const] : []),
    ['/', 'filter'],
    ['<>', 'sort'],
    ...(leadsBack(state, view) ? [['Esc', view.filter === '' ? 'back' : 'clear filter'] as const] : []),
  ];
};

const isNow = ({ query }: ListView): boolean => 'profile' in query && query.profile === 'now';

/** Esc clears a filter or leaves an opened view. */
const leadsBack = (state: State, view: View): boolean => {
  if (view.kind === 'list' && view.filter !== '') return true;
  return ('from' in view && view.from !== undefined) || state.stacks[state.tab].length > 1;
};
