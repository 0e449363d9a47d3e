/** The mouse: clicks choose tabs, rows, columns, boxes and menu items; the wheel scrolls. Pure. */
import { columnsOf } from '../rows/columns.js';
import { step, type Step, type UiEvent } from '../state/events.js';
import { placeAtLine } from '../rows/finding-lines.js';
import { flameTop, firstLevel } from '../rows/flame-lines.js';
import { levels } from '../state/boxes.js';
import { bodyHeight, bodyTop, listHeight } from '../rows/layout.js';
import { evidenceOverflow, scrolled, scrolledEvidence, sortBy } from './list-keys.js';
import { openFinding } from '../state/places.js';
import { overlayBox } from '../rows/overlay-lines.js';
import { scrolledReport } from './report-keys.js';
import { scrolledSource } from './source-keys.js';
import { frontView, withFront, type Overlay, type State } from '../state/state.js';
import { rowAtCursor, type FlameView, type ListView } from '../state/views.js';
import { tabAt } from '../rows/tab-bar.js';
import { columnAt } from '../rows/table.js';

type Mouse = Extract<UiEvent, { type: 'mouse' }>;
type PressKey = (state: State, key: string) => Step;

const wheelRows = 3;

export const mouseEvent = (state: State, event: Mouse, pressKey: PressKey): Step => {
  if (event.action !== 'press') return step(wheel(state, event.action === 'wheelUp' ? -wheelRows : wheelRows, event.y));
  if (state.overlay !== undefined) return overlayClick(state, state.overlay, event, pressKey);
  if (event.y === 0) {
    const tab = tabAt(state, event.x);
    return tab === undefined ? step(state) : step({ ...state, tab, filtering: false });
  }
  const view = frontView(state);
  if (view?.kind === 'list') return listClick(state, view, event, pressKey);
  if (view?.kind === 'source') {
    return step(withFront(state, scrolledSource(state, { ...view, cursor: view.top + event.y - bodyTop - 1 })));
  }
  return view?.kind === 'flame' ? flameClick(state, view, event, pressKey) : step(state);
};

const wheel = (state: State, by: number, y: number): State => {
  if (state.overlay?.kind === 'help') {
    return { ...state, overlay: { ...state.overlay, top: Math.max(0, state.overlay.top + by) } };
  }
  const view = frontView(state);
  if (state.overlay !== undefined) return state;
  if (view?.kind === 'list') {
    const inPanel = y > bodyTop + listHeight(state, view);
    if (inPanel && evidenceOverflow(state, view) > 0) return scrolledEvidence(state, view, by);
    return withFront(state, scrolled(state, { ...view, cursor: view.cursor + by, top: Math.max(0, view.top + by) }));
  }
  if (view?.kind === 'report') return withFront(state, scrolledReport(state, { ...view, top: view.top + by }));
  return view?.kind === 'source'
    ? withFront(state, scrolledSource(state, { ...view, cursor: view.cursor + by, top: view.top + by }))
    : state;
};

const listClick = (state: State, view: ListView, { x, y }: Mouse, pressKey: PressKey): Step => {
  if (y === bodyTop) {
    const column = columnAt(columnsOf(view.query), x, state.columns);
    return step(column === undefined ? state : sortBy(state, view, column.id));
  }
  const at = y - bodyTop - 1;
  const row = rowAtCursor(view);
  const inPanel = at - listHeight(state, view) - 1; // below its title
  if (row?.kind === 'finding' && inPanel >= 0) {
    const place = placeAtLine(row.finding, state.columns, inPanel + (view.panelTop ?? 0));
    return step(place === undefined ? state : openFinding(state, row.finding, place));
  }
  if (at < 0 || at >= listHeight(state, view) || view.top + at >= (view.page?.matched ?? 0)) return step(state);
  if (view.top + at === view.cursor) return pressKey({ ...state, filtering: false }, 'enter');
  return step(withFront(state, scrolled(state, { ...view, cursor: view.top + at })));
};

const flameClick = (state: State, view: FlameView, { x, y }: Mouse, pressKey: PressKey): Step => {
  if (view.flame === undefined) return step(state);
  const depth = y - bodyTop - flameTop + firstLevel(view.flame, view, bodyHeight(state) - flameTop);
  const box = levels(view.flame)[depth]?.find((one) => x >= one.x && x < one.x + one.width);
  if (box === undefined) return step(state);
  return box.key === view.cursor ? pressKey(state, 'enter') : step(withFront(state, { ...view, cursor: box.key }));
};

const overlayClick = (state: State, overlay: Overlay, { x, y }: Mouse, pressKey: PressKey): Step => {
  const box = overlayBox(state, overlay);
  const inside = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.lines.length;
  if (!inside) return pressKey(state, 'escape');
  const item = overlay.kind === 'menu' ? overlay.items[y - box.y - 1] : undefined;
  return item === undefined ? step(state) : pressKey(state, item.key);
};
