/** Arriving data: requested rows and details, readings, progress, results. In: state, event. Out: state. Pure. */
import type { Reading } from '../../analyzer/model/reading.js';
import type { UiEvent } from '../state/events.js';
import { probableCause } from '../../analyzer/memory/probable-cause.js';
import { scrolled } from './list-keys.js';
import type { Detail } from '../state/detail.js';
import { showDataset } from '../state/roots.js';
import { scrolledReport } from './report-keys.js';
import { centeredSource, scrolledSource } from './source-keys.js';
import { flameKey, keptReadings, sourceKey, type Notice, type State } from '../state/state.js';
import { listKey, listView, tabIds, type ListView, type SourceView, type View } from '../state/views.js';

type Arrival = Exclude<UiEvent, { type: 'key' | 'mouse' | 'resize' | 'replay' | 'played' | 'hopeless' }>;

export const dataArrived = (state: State, event: Arrival): State => {
  switch (event.type) {
    case 'page':
      return mapViews(state, (view) => withPage(state, view, event));
    case 'detail':
      return mapViews(state, (view) => withDetail(state, view, event.key, event.detail));
    case 'reading':
      return reading(state, event.reading);
    case 'memory':
      return { ...state, memory: event.memory };
    case 'report':
      return mapViews(state, (view) => withReport(state, view, event));
    case 'threads':
      return { ...state, threads: event.threads };
    case 'watching':
      return { ...state, watching: event.on };
    case 'silent':
      return { ...state, silent: event.text };
    case 'target':
      return {
        ...state,
        title: event.title,
        thread: event.thread,
        stacks: { ...state.stacks, live: [] },
        readings: [],
        memory: undefined,
        ended: undefined,
        cutOff: false,
      };
    case 'loaded':
      return loaded(state, event);
    case 'show':
      return { ...state, tab: event.tab };
    case 'refined':
      return refined(state);
    default:
      return workEvent(state, event);
  }
};

type WorkEvent = Outcome | Extract<Arrival, { type: 'loading' | 'estimated' | 'working' | 'elapsed' }>;

/** How work goes on, and how it ends. */
const workEvent = (state: State, event: WorkEvent): State => {
  switch (event.type) {
    case 'loading':
      return { ...state, work: { ...state.work, text: event.text, action: state.work?.action ?? false } };
    case 'estimated':
      return state.overlay?.kind === 'question' && state.overlay.action === event.action
        ? { ...state, overlay: { ...state.overlay, lines: event.lines ?? [] } }
        : state;
    case 'working':
      return state.work === undefined || state.work.stopping === true
        ? state
        : { ...state, work: { ...state.work, text: event.text } };
    case 'elapsed':
      return state.work === undefined ? state : { ...state, work: { ...state.work, seconds: event.seconds } };
    default:
      return outcome(state, event);
  }
};

const reading = (state: State, latest: Reading): State => ({
  ...state,
  readings: [...state.readings.slice(1 - keptReadings), latest],
  disturbedMs: state.work?.action === true ? latest.timeMs : state.disturbedMs,
  silent: undefined,
});

type Outcome = Extract<Arrival, { type: 'done' | 'failed' | 'error' | 'stopped' | 'ended' }>;

const outcome = (state: State, event: Outcome): State => {
  switch (event.type) {
    case 'done':
      return {
        ...state,
        work: event.endsWork ? undefined : state.work,
        notice: event.text === '' ? undefined : { text: event.text, style: 'good' },
      };
    case 'ended':
      return {
        ...state,
        ended: event.text,
        cutOff: event.lives === true,
        silent: undefined,
        notice: bad(event.text + (event.crashed === true ? probableCause(state.readings) : '')),
      };
    case 'failed':
      return {
        ...state,
        work: undefined,
        notice: bad(event.message + (event.hint === undefined ? '' : `: ${event.hint}`)),
      };
    case 'stopped':
      return { ...ended(state), notice: { text: event.message, style: 'warn' } };
    case 'error':
      return { ...(event.endsWork ? ended(state) : state), notice: bad(event.message) };
  }
};

/** Without its work; a report that was waited for will not come. */
const ended = (state: State): State => {
  const live = state.stacks.live.filter((view) => view.kind !== 'report' || view.report !== undefined);
  return { ...state, stacks: { ...state.stacks, live }, work: undefined };
};

const bad = (text: string): Notice => ({ text, style: 'bad' });

const loaded = (state: State, event: Extract<Arrival, { type: 'loaded' }>): State => {
  const next: State = {
    ...state,
    loaded: { ...state.loaded, [event.dataset]: event.summary },
    generation: state.generation + 1,
    report: event.report ?? state.report,
    work: event.aside === true || state.work?.action === true ? state.work : undefined,
  };
  if (event.again === true) return next;
  const shown = showDataset(next, event.dataset, event.aside === true);
  return event.early === true ? mapViews(shown, bySelf) : shown;
};

const isClasses = (view: View): view is ListView => view.kind === 'list' && view.query.list === 'classes';

/** Until retained sizes are computed, classes are sorted by self size. */
const bySelf = (view: View): View =>
  view.kind === 'list' && view.query.list === 'biggest'
    ? { ...listView({ list: 'classes' }, 'Classes'), sort: 'self' }
    : view;

/** Sorts by retained size once it is known, unless the user has moved the cursor: rows would move under it. */
const refined = (state: State): State => {
  const untouched = (view: ListView): boolean => view.cursor === 0 && view.sort === 'self' && view.descending;
  const next = mapViews(state, (view) => (isClasses(view) && untouched(view) ? { ...view, sort: 'retained' } : view));
  const work = state.work?.action === true ? state.work : undefined;
  return { ...next, work, generation: state.generation + 1 };
};

const mapViews = (state: State, change: (view: View) => View): State => {
  const stacks = { ...state.stacks };
  for (const tab of tabIds) stacks[tab] = stacks[tab].map(change);
  return { ...state, stacks };
};

const withReport = (state: State, view: View, { name, report }: Extract<Arrival, { type: 'report' }>): View =>
  view.kind === 'report' && view.name === name ? scrolledReport(state, { ...view, report }) : view;

const withPage = (state: State, view: View, event: Extract<Arrival, { type: 'page' }>): View => {
  if (view.kind !== 'list' || listKey(view, state.generation) !== event.key) return view;
  return scrolled(state, { ...view, page: { ...event.page, key: event.key } });
};

const withDetail = (state: State, view: View, key: string, detail: Detail): View => {
  if (detail.detail === 'path')
    return view.kind === 'list' && pathKey(view) === key ? withPath(view, key, detail) : view;
  if (detail.detail === 'source') {
    if (view.kind !== 'source' || sourceKey(state, view) !== key) return view;
    return withSource(state, { ...view, source: { ...detail, key } }, view.source === undefined);
  }
  if (view.kind !== 'flame' || flameKey(state, view) !== key) return view;
  return { ...view, flame: { ...detail, key } };
};

const withPath = (view: ListView, key: string, path: Extract<Detail, { detail: 'path' }>): ListView => ({
  ...view,
  path: { ...path, node: Number(key) },
});

const withSource = (state: State, view: SourceView, first: boolean): SourceView =>
  first ? centeredSource(state, view) : scrolledSource(state, view);

/** The node whose retaining path is shown below the list, as text; undefined: none. */
export const pathKey = (view: ListView): string | undefined => {
  const row = view.page?.rows[view.cursor - view.page.from];
  const node = row?.kind === 'class' ? row.biggest : row !== undefined && 'node' in row ? row.node : undefined;
  return node === undefined ? undefined : String(node);
};
