/** Keys of a flame graph: moving from box to box, zooming in and out. Pure. */
import { boxAt, levels, matchesIn, under } from '../state/boxes.js';
import { filterKeyPressed } from './filter-keys.js';
import { openPlace } from '../state/places.js';
import type { FlameBox, FlameDetail } from '../state/detail.js';
import { withFront, type State } from '../state/state.js';
import type { FlameView } from '../state/views.js';

export const flameKeyPressed = (state: State, view: FlameView, key: string): State | undefined => {
  if (view.flame === undefined) return undefined;
  if (state.filtering)
    return filterKeyPressed(state, view.filter, key, (filter) => withFront(state, withFilter(view, filter)));
  switch (key) {
    case '/':
      return { ...state, filtering: true };
    case 'n':
      return moveTo(state, view, nextMatch(view, 1));
    case 'N':
      return moveTo(state, view, nextMatch(view, -1));
    case 'down':
    case 'j':
      return moveTo(state, view, child(view.flame, view.cursor));
    case 'up':
    case 'k':
      return moveTo(state, view, parent(view.flame, view.cursor));
    case 'right':
    case 'l':
      return moveTo(state, view, sibling(view.flame, view.cursor, 1));
    case 'left':
    case 'h':
      return moveTo(state, view, sibling(view.flame, view.cursor, -1));
    case 'enter':
      return withFront(state, { ...view, root: view.cursor });
    case 'home':
    case 'g':
      return withFront(state, { ...view, root: 0, cursor: 0 });
    case 'o': {
      const box = boxAt(view.flame, view.cursor)?.box;
      return openPlace(state, box?.hottest ?? box?.place);
    }
    default:
      return undefined;
  }
};

/** The cursor goes to the widest match. */
const withFilter = (view: FlameView, filter: string): FlameView => {
  const found = view.flame === undefined ? undefined : widest(matchesIn(view.flame, filter).boxes);
  return { ...view, filter, cursor: found?.key ?? view.cursor };
};

const nextMatch = ({ flame, filter, cursor }: FlameView, step: 1 | -1): FlameBox | undefined => {
  const boxes = flame === undefined ? [] : matchesIn(flame, filter).boxes;
  const now = boxes.findIndex(({ key }) => key === cursor);
  return boxes.at(now === -1 ? 0 : (now + step) % boxes.length);
};

/** Zooms out to the caller; undefined at the top. */
export const zoomOut = (state: State, view: FlameView): State | undefined => {
  const caller = view.flame?.ancestors.at(-1);
  return caller === undefined ? undefined : withFront(state, { ...view, root: caller.key, cursor: view.root });
};

const moveTo = (state: State, view: FlameView, box: FlameBox | undefined): State =>
  box === undefined ? state : withFront(state, { ...view, cursor: box.key });

const widest = (boxes: readonly FlameBox[]): FlameBox | undefined =>
  boxes.reduce<FlameBox | undefined>(
    (best, box) => (best === undefined || box.total > best.total ? box : best),
    undefined,
  );

const child = (flame: FlameDetail, key: number): FlameBox | undefined => {
  const at = boxAt(flame, key);
  if (at === undefined) return flame.rows[0]?.[0];
  return widest((levels(flame)[at.depth + 1] ?? []).filter((box) => under(box, at.box)));
};

const parent = (flame: FlameDetail, key: number): FlameBox | undefined => {
  const at = boxAt(flame, key);
  return at === undefined ? undefined : levels(flame)[at.depth - 1]?.find((box) => under(box, at.box));
};

const sibling = (flame: FlameDetail, key: number, step: 1 | -1): FlameBox | undefined => {
  const at = boxAt(flame, key);
  const row = at === undefined ? [] : (levels(flame)[at.depth] ?? []);
  return row[row.findIndex((box) => box.key === key) + step];
};
