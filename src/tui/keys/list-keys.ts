/**
 * Keys of a list: moving, filtering, sorting, expanding rows of a tree, opening a row. In: a state whose front view is a
 * list, a key. Out: the next state, or undefined if the key means nothing here. Pure.
 */
import { columnsOf } from '../rows/columns.js';
import { filterKeyPressed } from './filter-keys.js';
import { findingLines } from '../rows/finding-lines.js';
import { listHeight, panelHeight } from '../rows/layout.js';
import { movement } from '../state/movement.js';
import { chosenPlace, nextPlace, openFinding, openPlace, placeOfRow } from '../state/places.js';
import type { ListQuery, Row } from '../state/lists.js';
import { withFront, withStack, type State } from '../state/state.js';
import { descendsFirst, listView, rowAtCursor, type ListView } from '../state/views.js';
import { shownColumns } from '../rows/table.js';
import { safe } from '../rows/text.js';

export const listKeyPressed = (state: State, view: ListView, key: string): State | undefined => {
  if (state.filtering)
    return filterKeyPressed(state, view.filter, key, (filter) => withFront(state, { ...top(view), filter }));
  const turned = evidenceKey(state, view, key);
  if (turned !== undefined) return turned;
  const moved = moveKey(view, key, listHeight(state, view));
  if (moved !== undefined) return withFront(state, scrolled(state, moved));
  switch (key) {
    case '/':
      return { ...state, filtering: true };
    case '<':
      return sortNext(state, view, -1);
    case '>':
      return sortNext(state, view, 1);
    case 'r':
      return withFront(state, { ...top(view), descending: !view.descending });
    case 't':
      return otherSide(state, view);
    case 'enter':
      return enterRow(state, view);
    case 'o':
      return openRow(state, view);
    case 'p':
      return markNextPlace(state, view);
    case 'right':
    case 'l':
      return setOpen(state, view, true);
    case 'left':
    case 'h':
      return setOpen(state, view, false);
    default:
      return undefined;
  }
};

const pageKeys = new Set(['pageup', 'pagedown', 'C-b', 'C-f', 'C-u', 'C-d', ' ']);

/** For findings, page keys scroll the evidence: the list itself is short and fits. */
const evidenceKey = (state: State, view: ListView, key: string): State | undefined => {
  if (!pageKeys.has(key) || evidenceOverflow(state, view) === 0) return undefined;
  return scrolledEvidence(state, view, movement(key, 0, panelHeight(state, view) - 2, 0) ?? 0);
};

export const scrolledEvidence = (state: State, view: ListView, by: number): State =>
  withFront(state, {
    ...view,
    panelTop: Math.max(0, Math.min((view.panelTop ?? 0) + by, evidenceOverflow(state, view))),
  });

/** How many lines of the evidence do not fit. */
export const evidenceOverflow = (state: State, view: ListView): number => {
  const row = rowAtCursor(view);
  if (row?.kind !== 'finding') return 0;
  const { length } = findingLines(row.finding, state.columns, chosenPlace(view, row.finding));
  return Math.max(0, length - (panelHeight(state, view) - 1));
};

/** A list that is requested again starts at its top. */
const top = (view: ListView): ListView => ({ ...view, cursor: 0, top: 0 });

/** Keeps the cursor within the rows and on the screen. */
export const scrolled = (state: State, view: ListView): ListView => {
  const height = listHeight(state, view);
  const last = Math.max(0, (view.page?.matched ?? 1) - 1);
  const cursor = Math.max(0, Math.min(view.cursor, last));
  const highest = Math.max(0, last - height + 1);
  const first = Math.min(Math.max(Math.min(view.top, cursor), cursor - height + 1), highest);
  return { ...view, cursor, top: Math.max(0, first) };
};

const moveKey = (view: ListView, key: string, height: number): ListView | undefined => {
  const cursor = movement(key, view.cursor, height, view.page?.matched ?? 1);
  if (cursor === undefined) return undefined;
  // a page also moves the window, so that the cursor stays at the same row of the screen
  const shift = Math.abs(cursor - view.cursor) > 1 && key !== 'g' && key !== 'G' ? cursor - view.cursor : 0;
  return { ...view, cursor, top: Math.max(0, view.top + shift), panelTop: 0 };
};

const sortNext = (state: State, view: ListView, step: 1 | -1): State => {
  const columns = shownColumns(columnsOf(view.query), state.columns).filter((column) => column.sortable === true);
  const now = columns.findIndex((column) => column.id === view.sort);
  const next = columns.at((now + step + columns.length) % columns.length);
  return next === undefined ? state : sortBy(state, view, next.id);
};

/** Sorts by a column, or reverses the order if it is already sorted by that column. */
export const sortBy = (state: State, view: ListView, sort: string): State =>
  withFront(state, {
    ...top(view),
    sort,
    descending: sort === view.sort ? !view.descending : descendsFirst(sort),
  });

/** `t` switches between fields, retainers and dominated objects of one object, and between callers and callees of a function. */
const otherSide = (state: State, view: ListView): State | undefined => {
  const { query } = view;
  const turned = (other: ListQuery): State => withFront(state, { ...listView(other, view.title) });
  if (query.list === 'fields') return turned({ ...query, list: 'retainers' });
  if (query.list === 'retainers') return turned({ ...query, list: 'dominated' });
  if (query.list === 'dominated') return turned({ ...query, list: 'fields' });
  if (query.list === 'callers') return turned({ ...query, list: 'callees' });
  if (query.list === 'callees') return turned({ ...query, list: 'callers' });
  return undefined;
};

const setOpen = (state: State, view: ListView, open: boolean): State | undefined => {
  const row = rowAtCursor(view);
  if (row?.kind !== 'object') return undefined;
  if (open && row.branches && !row.open) {
    return withFront(state, marked({ ...view, expanded: [...view.expanded, row.key] }, row.key, true));
  }
  if (!open && row.open) {
    const expanded = view.expanded.filter((key) => !isAtOrBelow(key, row.key));
    return withFront(state, marked({ ...view, expanded }, row.key, false));
  }
  return open
    ? withFront(state, scrolled(state, { ...view, cursor: view.cursor + 1 }))
    : toParent(state, view, row.key);
};

/** Shows at once that a row was expanded or collapsed; its children come with the next page. */
const marked = (view: ListView, key: string, open: boolean): ListView => {
  if (view.page === undefined) return view;
  const rows = view.page.rows.map((row) => (row.kind === 'object' && row.key === key ? { ...row, open } : row));
  return { ...view, page: { ...view.page, rows } };
};

const isAtOrBelow = (key: string, top: string): boolean => key === top || key.startsWith(`${top}/`);

/** Moves to the parent row, if that row is loaded. */
const toParent = (state: State, view: ListView, key: string): State | undefined => {
  const parent = key.slice(0, key.lastIndexOf('/'));
  const at = view.page?.rows.findIndex((row) => row.kind === 'object' && row.key === parent) ?? -1;
  if (at < 0 || !key.includes('/')) return undefined;
  return withFront(state, scrolled(state, { ...view, cursor: (view.page?.from ?? 0) + at }));
};

/** Opens the row under the cursor. */
export const enterRow = (state: State, view: ListView): State | undefined => {
  const row = rowAtCursor(view);
  const { query } = view;
  switch (row?.kind) {
    case 'class':
      return push(state, listView({ list: 'objects', className: row.name }, safe(row.name)));
    case 'object':
      return push(state, listView({ list: 'fields', node: row.node }, `${safe(row.name)} @${row.id}`));
    case 'waste':
      if (row.isKind) return push(state, listView({ list: 'wasteOf', wasteKind: row.wasteKind }, safe(row.name)));
      if (row.node === undefined) return undefined;
      return push(state, listView({ list: 'fields', node: row.node }, safe(row.name)));
    case 'growth':
      return enterGrown(state, row);
    case 'function':
      if (!('profile' in query) || row.frame < 0) return openRow(state, view);
      return push(
        state,
        listView({ list: 'callers', profile: query.profile, frame: row.frame }, safe(row.name) || '(anonymous)'),
      );
    case 'finding':
    case 'line':
    case 'change':
      return openRow(state, view);
    default:
      return undefined;
  }
};

/** Opens the source location of the row under the cursor. */
const openRow = (state: State, view: ListView): State => {
  const row = rowAtCursor(view);
  if (row?.kind === 'finding') return openFinding(state, row.finding, chosenPlace(view, row.finding));
  return openPlace(state, row?.kind === 'function' ? (row.hottest ?? row.place) : placeOfRow(row));
};

const markNextPlace = (state: State, view: ListView): State | undefined => {
  const row = rowAtCursor(view);
  if (row?.kind !== 'finding') return undefined;
  const { rank } = row.finding;
  const chosen = nextPlace(row.finding, chosenPlace(view, row.finding));
  return withFront(state, { ...view, place: { rank, chosen } });
};

const push = (state: State, view: ListView): State => withStack(state, state.tab, [...state.stacks[state.tab], view]);

/** Opens a grown object or class in the heap tab, which shows the last snapshot. */
const enterGrown = (state: State, row: Extract<Row, { kind: 'growth' }>): State => {
  const view =
    row.node === undefined
      ? listView({ list: 'objects', className: row.name }, safe(row.name))
      : listView({ list: 'fields', node: row.node }, `${safe(row.name)} @${row.id}`);
  const root = state.stacks.heap[0] ?? listView({ list: 'classes' }, 'Classes');
  return { ...withStack(state, 'heap', [root, { ...view, from: state.tab }]), tab: 'heap' };
};
