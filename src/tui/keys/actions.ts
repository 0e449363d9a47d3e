/**
 * Actions from any screen: on the target (snapshot, profiles, leaks, GC), and on what is shown (save, copy). In: a state
 * and a key. Out: a step. An action that costs the target something starts only after the user has seen the cost and agreed. Pure.
 */
import { formatPlace } from '../../analyzer/model/location.js';
import { copiedPath } from '../rows/path-spans.js';
import { startText } from '../rows/action-text.js';
import { step, type Step } from '../state/events.js';
import { chosenPlace, placeOfRow, placesOfFinding } from '../state/places.js';
import type { ReportName, TargetAction } from '../state/provider.js';
import { rootInFront } from '../state/roots.js';
import { frontView, withStack, type MenuChoice, type MenuItem, type State } from '../state/state.js';
import { reportView, rowAtCursor } from '../state/views.js';

/** Length of a profile that is started from the screen. */
export const profileSeconds = 10;

const onTarget = (state: State): readonly { key: string; text: string; action: TargetAction }[] => [
  { key: 'L', text: 'find Leaks: what grows, what retains it, which line', action: { action: 'leaks' } },
  { key: 'S', text: 'heap Snapshot: what holds the memory', action: { action: 'snapshot' } },
  {
    key: 'C',
    text: `CPU profile, ${profileSeconds} s: which lines take the time`,
    action: { action: 'cpu', seconds: profileSeconds },
  },
  { key: 'W', text: 'Watch the CPU: functions of the last seconds, until W pauses', action: { action: 'watch' } },
  {
    key: 'A',
    text: `Allocation profile, 2 x ${profileSeconds} s: which functions allocate, what stays alive`,
    action: { action: 'alloc', seconds: profileSeconds },
  },
  exactProfile(state),
  { key: 'M', text: 'Memory: what the RSS holds, its limits, advice', action: { action: 'memory' } },
  { key: 'D', text: 'Dump: what every thread does now', action: { action: 'dump' } },
  { key: 'F', text: 'Force a garbage collection', action: { action: 'gc' } },
];

/** Of what the CPU tab shows. */
const exactProfile = (state: State): { key: string; text: string; action: TargetAction } => {
  const isAlloc = rootInFront(state, 'cpu')?.needs === 'alloc';
  return {
    key: 'E',
    text: `Exact ${isAlloc ? 'allocation' : 'CPU'} profile: inlining off, each function its own costs`,
    action: { action: isAlloc ? 'alloc' : 'cpu', seconds: profileSeconds, precise: true },
  };
};

const onScreen: readonly MenuItem[] = [
  { key: 'w', text: 'write this screen to a file', choice: { choice: 'saveMenu' } },
  { key: 'y', text: 'copy the source location, or the retaining path', choice: { choice: 'copy' } },
  { key: 'Y', text: 'copy the retaining path, even if there is a source location', choice: { choice: 'copyPath' } },
];

const saveItems: readonly MenuItem[] = [
  { key: 't', text: 'text', choice: { choice: 'save', format: 'text' } },
  { key: 'm', text: 'Markdown', choice: { choice: 'save', format: 'markdown' } },
  { key: 'h', text: 'HTML', choice: { choice: 'save', format: 'html' } },
];

const actionItems = (state: State): MenuItem[] => [
  ...(canAct(state)
    ? onTarget(state).map(({ key, text, action }) => ({ key, text, choice: { choice: 'action', action } as const }))
    : []),
  ...onScreen,
];

const canAct = (state: State): boolean => state.live && state.ended === undefined;

/** A key that starts an action or opens a menu; undefined for other keys. */
export const actionKeyPressed = (state: State, key: string): Step | undefined => {
  if (key === 'a') return step(menu(state, 'Actions', actionItems(state)));
  if (key === 'T' && state.threads.length > 0) return step(menu(state, 'Threads and processes', threadItems(state)));
  const parent = state.threads.find((one) => one.isParent === true);
  if (key === 'P' && parent !== undefined) return step(state, { effect: 'thread', id: parent.id });
  const item = actionItems(state).find((one) => one.key === key);
  if (item !== undefined) return choose(state, item.choice);
  const missing = onTarget(state).some((one) => one.key === key);
  if (!missing) return undefined;
  const gone = state.cutOff
    ? 'the connection to the process was lost: quit with q and attach again'
    : 'the process has ended';
  const why = state.live ? gone : 'this needs a running process: run memwatch attach PID';
  return step({ ...state, notice: { text: why, style: 'warn' } });
};

const menu = (state: State, title: string, items: readonly MenuItem[]): State => ({
  ...state,
  overlay: { kind: 'menu', title, items, cursor: 0 },
});

const threadItems = (state: State): MenuItem[] =>
  state.threads.map((thread, at) => ({
    key: String(at),
    text: `${thread.title}${thread.id === state.thread ? '  (shown)' : ''}`,
    choice: { choice: 'thread', id: thread.id },
  }));

export const choose = (state: State, choice: MenuChoice): Step => {
  const closed: State = { ...state, overlay: undefined };
  switch (choice.choice) {
    case 'saveMenu':
      return step(menu(state, 'Write this screen as', saveItems));
    case 'save':
      return step(closed, { effect: 'save', format: choice.format });
    case 'thread':
      return step(closed, { effect: 'thread', id: choice.id });
    case 'copy':
      return copy(closed, copyText(closed));
    case 'copyPath':
      return copy(closed, pathText(closed));
    case 'action':
      return ask(closed, choice.action);
  }
};

/** Asks first and shows the cost; what costs almost nothing starts without asking. */
const ask = (state: State, action: TargetAction): Step => {
  if (state.work !== undefined) {
    return step({ ...state, notice: { text: `still busy: ${state.work.text} (Esc stops it)`, style: 'warn' } });
  }
  const started = working(state, startText(action));
  if (action.action === 'gc') return step(started, { effect: 'run', action });
  if (action.action === 'watch' && state.watching) return step(state, { effect: 'run', action });
  if (action.action === 'memory' || action.action === 'dump')
    return step(waitingFor(started, action.action), { effect: 'run', action });
  return step({ ...state, overlay: { kind: 'question', action, lines: undefined } }, { effect: 'estimate', action });
};

/** The report is in front at once; one that is read again is shown until the new one comes. */
const waitingFor = (state: State, name: ReportName): State => {
  const [shown] = state.stacks.live;
  const view = shown?.kind === 'report' && shown.name === name ? shown : reportView(name);
  return { ...withStack(state, 'live', [view]), tab: 'live' };
};

export const working = (state: State, text: string): State => ({
  ...state,
  notice: undefined,
  work: { text, action: true },
});

const copy = (state: State, text: string | undefined): Step => {
  if (text === undefined) {
    return step({ ...state, notice: { text: 'nothing to copy here: no source location and no path', style: 'warn' } });
  }
  return step({ ...state, notice: { text: `copied: ${text}`, style: 'good' } }, { effect: 'copy', text });
};

/** What `y` copies: the retaining path of a heap object, else the source location. */
const copyText = (state: State): string | undefined => {
  const view = frontView(state);
  if (view?.kind === 'source') return `${view.place.file}:${view.cursor + 1}`;
  if (view?.kind !== 'list') return undefined;
  const row = rowAtCursor(view);
  const path = row?.kind === 'finding' ? undefined : pathText(state);
  const place =
    row?.kind === 'finding' ? placesOfFinding(row.finding)[chosenPlace(view, row.finding)]?.place : placeOfRow(row);
  return path ?? (place === undefined ? pathText(state) : formatPlace(place));
};

/** The path from a root to the object under the cursor. */
const pathText = (state: State): string | undefined => {
  const view = frontView(state);
  if (view?.kind !== 'list') return undefined;
  const row = rowAtCursor(view);
  const steps = row?.kind === 'finding' ? row.finding.path : view.path?.steps;
  return steps === undefined || steps.length === 0 ? undefined : copiedPath(steps);
};
