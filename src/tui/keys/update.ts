/**
 * The next state. In: a state and an event. Out: a step: the next state and the effects to carry out. Keys go to
 * the overlay, else to the filter line, else to the keys that work everywhere, else to the view. Pure.
 */
import { actionKeyPressed } from './actions.js';
import { dataArrived } from './arrivals.js';
import { step, type Effect, type Step, type UiEvent } from '../state/events.js';
import { flameKeyPressed, zoomOut } from './flame-keys.js';
import { listKeyPressed, scrolled } from './list-keys.js';
import { mouseEvent } from './mouse.js';
import { overlayKeyPressed } from './overlay-keys.js';
import { rootIndex, showRoot } from '../state/roots.js';
import { isReplay, openReplay, playedOn, replayKeyPressed } from './replay-keys.js';
import { reportKeyPressed, scrolledReport } from './report-keys.js';
import { scrolledSource, sourceKeyPressed } from './source-keys.js';
import { frontView, tabsOf, withFront, withStack, type State, type Work } from '../state/state.js';
import { listKey, rootViews, tabIds, type ListView, type ReportView } from '../state/views.js';

export const update = (state: State, event: UiEvent): Step => {
  switch (event.type) {
    case 'key':
      return keyPressed(state, event.key);
    case 'mouse':
      return mouseEvent(state, event, keyPressed);
    case 'resize':
      return step(refit({ ...state, columns: event.columns, rows: event.rows }));
    case 'page':
      return withPending(dataArrived(state, event));
    case 'replay':
      return openReplay(state, event.replay);
    case 'played':
      return isReplay(state) && state.replay.isPlaying ? playedOn(state) : step(state);
    case 'hopeless':
      return step(state, { effect: 'fail', message: event.message, hint: event.hint });
    default:
      return step(dataArrived(state, event));
  }
};

/** Handles the key that was waiting for these rows. */
const withPending = (state: State): Step => {
  const view = frontView(state);
  if (state.pending === undefined || view?.kind !== 'list' || isStale(state, view)) return step(state);
  return keyPressed({ ...state, pending: undefined }, state.pending);
};

const isStale = (state: State, view: ListView): boolean => view.page?.key !== listKey(view, state.generation);

const actsOnRow = new Set(['enter', 'o', 'right', 'l', 'left', 'h', 'y']);

/** Keeps every cursor on the screen after a resize. */
const refit = (state: State): State => {
  const view = frontView(state);
  if (view?.kind === 'list') return withFront(state, scrolled(state, view));
  if (view?.kind === 'source') return withFront(state, scrolledSource(state, view));
  return view?.kind === 'report' ? withFront(state, scrolledReport(state, view)) : state;
};

const quit: Effect = { effect: 'quit' };

const keyPressed = (before: State, key: string): Step => {
  if (key === 'C-c') return step(before, quit);
  if (key === 'C-z') return step(before, { effect: 'suspend' });
  if (before.overlay !== undefined) return overlayKeyPressed(before, before.overlay, key);
  const state: State = { ...before, notice: undefined, pending: undefined };
  const front = frontView(state);
  if (!state.filtering && actsOnRow.has(key) && front?.kind === 'list' && isStale(state, front)) {
    return step({ ...state, pending: key });
  }
  if (state.filtering) return step(viewKey(state, key) ?? state);
  return (
    globalKey(state, key) ??
    (isReplay(state) ? replayKeyPressed(state, key) : undefined) ??
    actionKeyPressed(state, key) ??
    step(viewKey(state, key) ?? unknownKey(state, key))
  );
};

/** Movement keys that cannot move show no notice. */
const unknownKey = (state: State, key: string): State =>
  /^[!-~]$/.test(key) && !/[hjklgG]/.test(key)
    ? { ...state, notice: { text: `${key} does nothing here; ? lists the keys`, style: 'warn' } }
    : state;

const globalKey = (state: State, key: string): Step | undefined => {
  switch (key) {
    case 'q':
      return step(state, quit);
    case '?':
    case 'f1':
      return step({ ...state, overlay: { kind: 'help', top: 0 } });
    case 'tab':
      return step(neighbourTab(state, 1));
    case 'S-tab':
      return step(neighbourTab(state, -1));
    case 'v':
      return step(nextRoot(state));
    case 'escape':
    case 'backspace':
      return back(state, key);
    default: {
      const tab = tabIds[Number(key) - 1];
      return tab === undefined || !/^[1-9]$/.test(key) || !tabsOf(state).includes(tab)
        ? undefined
        : step(refit({ ...state, tab }));
    }
  }
};

const neighbourTab = (state: State, by: number): State => {
  const tabs = tabsOf(state);
  return refit({ ...state, tab: tabs.at((tabs.indexOf(state.tab) + by) % tabs.length) ?? state.tab });
};

/** The next view of this tab that has data. */
const nextRoot = (state: State): State => {
  const roots = rootViews[state.tab];
  const now = rootIndex(state, state.tab);
  for (let by = 1; by <= roots.length; by++) {
    const root = roots[(now + by) % roots.length];
    if (root !== undefined && root.needs in state.loaded)
      return root === roots[now] ? state : showRoot(state, state.tab, root);
  }
  return state;
};

/** Esc undoes one thing: a filter, a zoom, an opened view, and last the running action. */
const back = (state: State, key: string): Step => {
  const view = frontView(state);
  if (view?.kind === 'list' && view.filter !== '') {
    return step(withFront(state, { ...view, filter: '', cursor: 0, top: 0 }));
  }
  if (view?.kind === 'flame' && view.filter !== '') return step(withFront(state, { ...view, filter: '' }));
  const zoomed = view?.kind === 'flame' ? zoomOut(state, view) : undefined;
  if (zoomed !== undefined) return step(zoomed);
  if (view?.kind === 'report') return closeReport(state, view, key);
  const stack = state.stacks[state.tab];
  if (view !== undefined && 'from' in view && view.from !== undefined && view.from !== state.tab) {
    const below = stack.length > 1 ? stack.slice(0, -1) : stack;
    return step(refit({ ...withStack(state, state.tab, below), tab: view.from }));
  }
  if (stack.length > 1) return step(refit(withStack(state, state.tab, stack.slice(0, -1))));
  return state.work !== undefined && key === 'escape' ? cancel(state, state.work) : step(state);
};

/** One that is still being read is stopped, and closes when that is done. */
const closeReport = (state: State, view: ReportView, key: string): Step =>
  view.report === undefined && state.work !== undefined && key === 'escape'
    ? cancel(state, state.work)
    : step(withStack(state, 'live', []));

const cancel = (state: State, work: Work): Step => {
  if (work.stopping === true) return step(state);
  const stopping = work.action ? { ...work, text: 'stopping: undoing what was done', stopping: true } : work;
  return step({ ...state, work: stopping }, { effect: 'cancel' });
};

const viewKey = (state: State, key: string): State | undefined => {
  const view = frontView(state);
  if (view?.kind === 'list') return listKeyPressed(state, view, key);
  if (view?.kind === 'source') return sourceKeyPressed(state, view, key);
  if (view?.kind === 'report') return reportKeyPressed(state, view, key);
  return view?.kind === 'flame' ? flameKeyPressed(state, view, key) : undefined;
};
