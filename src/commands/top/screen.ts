/** `top` on a terminal: the newest look fills the screen; keys sort, choose, pause and quit. The terminal is restored. */
import type { Attachment } from '../../agent/attach/attach.js';
import type { NamedProfile } from '../../analyzer/model/merge-profiles.js';
import { renderTop, type TopView } from '../../report/top-text.js';
import { wrap } from '../../report/wrap.js';
import { fitHeight, fitLine, line, span, type Line } from '../../tui/rows/line.js';
import { colorDepth } from '../../tui/rows/theme.js';
import { startGuardian } from '../../tui/terminal/guardian.js';
import { openTerminal } from '../../tui/terminal/screen.js';
import { createTop, topCosts, topTitle, type TopChoice } from './view.js';

export const showTopScreen = async (
  attachment: Attachment,
  looks: (signal: AbortSignal) => AsyncIterable<readonly NamedProfile[]>,
  choice: TopChoice,
  signal: AbortSignal,
): Promise<void> => {
  const guardian = await startGuardian();
  const quit = new AbortController();
  const over = AbortSignal.any([signal, quit.signal]);
  const top = createTop(topTitle(attachment));
  const state: State = { choice, view: undefined, latest: [], paused: undefined };
  const draw = (): void => terminal.draw(linesOf(state, terminal.columns, terminal.rows));
  const terminal = openTerminal(colorDepth(process.env), 'memwatch top', {
    onKey: (key) => {
      if (key === 'q' || key === 'C-c') quit.abort();
      else if (key === 'C-z') terminal.suspend();
      else press(state, key, (threads) => top(threads, state.choice));
      draw();
    },
    onResize: draw,
    guardian,
  });
  try {
    draw();
    for await (const threads of looks(over)) {
      if (threads.length > 0 && !over.aborted) show(state, threads, top(threads, state.choice));
      draw();
      await waitWhilePaused(state, over);
    }
  } finally {
    terminal.close();
    guardian.goodbye();
  }
};

interface State {
  choice: TopChoice;
  view: TopView | undefined;
  latest: readonly NamedProfile[];
  /** Ends the pause. */
  paused: (() => void) | undefined;
}

const show = (state: State, threads: readonly NamedProfile[], view: TopView): void => {
  state.latest = threads;
  state.view = view;
};

const sortKeys: Readonly<Record<string, TopChoice['sort']>> = { s: 'self', t: 'total', n: 'name', f: 'file' };

const press = (state: State, key: string, viewOf: (threads: readonly NamedProfile[]) => TopView): void => {
  const sort = sortKeys[key];
  if (sort !== undefined) state.choice = { ...state.choice, sort };
  else if (key === 'o') state.choice = { ...state.choice, own: !state.choice.own };
  else if (key === ' ' && state.paused === undefined) state.paused = () => {};
  else if (key === ' ') {
    state.paused?.();
    state.paused = undefined;
  }
  if (state.latest.length > 0) state.view = viewOf(state.latest);
};

/** Nothing is sampled meanwhile. */
const waitWhilePaused = async (state: State, over: AbortSignal): Promise<void> => {
  if (state.paused === undefined || over.aborted) return;
  await new Promise<void>((resolve) => {
    state.paused = resolve;
    over.addEventListener('abort', () => resolve(), { once: true });
  });
};

const linesOf = ({ view, choice, paused }: State, columns: number, rows: number): Line[] => {
  const body =
    view === undefined
      ? ['the first look takes as long as --interval says', ...wrap(topCosts, columns)]
      : renderTop(view, { columns, lines: rows - 2, folder: process.cwd() });
  const keys = `s own time  t total  n name  f file  o ${choice.own ? 'all code' : 'own code'}  space ${paused === undefined ? 'pause' : 'go on'}  q quit`;
  const state = paused === undefined ? '4 to 7 % CPU of a busy process' : 'paused: nothing is sampled';
  const shown = fitHeight(
    body.map((text) => line(text)),
    rows - 1,
  );
  return [...shown, line(span(`${keys}   ${state}`, 'header'))].map((one) => fitLine(one, columns));
};
