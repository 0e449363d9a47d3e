/** The last line: the keys that mean something here, the most useful first. In: state. Out: a line. Pure. */
import { line, span, type Line, type Span } from './line.js';
import { frontView, rootViews, type ListView, type State } from './state.js';

type Hint = readonly [string, string];

export const footerLine = (state: State): Line => {
  const spans: Span[] = [];
  let used = always.reduce((sum, hint) => sum + cellsOf(hint), 1);
  for (const hint of [...hintsOf(state).filter((one) => (used += cellsOf(one)) <= state.columns), ...always]) {
    spans.push(span(` ${hint[0]}`, 'key'), span(` ${hint[1]} `));
  }
  return line(...spans);
};

const cellsOf = ([key, meaning]: Hint): number => key.length + meaning.length + 3;

const always: readonly Hint[] = [
  ['?', 'keys'],
  ['q', 'quit'],
];

const hintsOf = (state: State): Hint[] => {
  if (state.filtering)
    return [
      ['type', 'to filter'],
      ['Enter', 'keep'],
      ['Esc', 'clear'],
    ];
  const view = frontView(state);
  if (state.tab === 'live')
    return [
      ['L', 'leaks'],
      ['S', 'snapshot'],
      ['C', 'CPU'],
      ['A', 'allocations'],
      ['F', 'GC'],
      ['a', 'actions'],
    ];
  const roots = rootViews[state.tab].filter((root) => root.needs in state.loaded).length;
  const other: Hint[] = roots > 1 ? [['v', 'view']] : [];
  switch (view?.kind) {
    case 'list':
      return [...listHints(view), ...other, ['a', 'actions']];
    case 'source':
      return [
        ['n/N', 'hot lines'],
        ['←→', 'scroll'],
        ['y', 'copy place'],
        ['Esc', 'back'],
        ['a', 'actions'],
      ];
    case 'flame':
      return [['←↑↓→', 'box'], ['Enter', 'zoom'], ['Esc', 'out'], ['o', 'source'], ...other, ['a', 'actions']];
    default:
      return [['a', 'actions']];
  }
};

const turns: Partial<Record<ListView['query']['list'], string>> = {
  fields: 'held by',
  retainers: 'fields',
  callers: 'callees',
  callees: 'callers',
};

const listHints = (view: ListView): Hint[] => {
  const turn = turns[view.query.list];
  const enter = view.query.list === 'findings' || view.query.list === 'hotLines' ? 'source' : 'open';
  const hasPlace = ['functions', 'callers', 'callees'].includes(view.query.list);
  return [
    ['Enter', enter],
    ...(turn === undefined ? [] : [['t', turn] as const]),
    ...(hasPlace ? [['o', 'source'] as const] : []),
    ['/', 'filter'],
    ['<>', 'sort'],
    ['Esc', 'back'],
  ];
};
