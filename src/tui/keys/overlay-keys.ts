/** Keys while a menu, a question or the help is in front. In: state, key. Out: a step. Pure. */
import { startText } from '../rows/action-text.js';
import { choose, working } from './actions.js';
import { step, type Step } from '../state/events.js';
import { movement } from '../state/movement.js';
import type { Overlay, State } from '../state/state.js';

export const overlayKeyPressed = (state: State, overlay: Overlay, key: string): Step => {
  if (key === 'escape' || key === 'q') return step({ ...state, overlay: undefined });
  if (overlay.kind === 'help') return helpKey(state, overlay, key);
  if (overlay.kind === 'menu') return menuKey(state, overlay, key);
  if (key === 'n' || key === 'N') return step({ ...state, overlay: undefined });
  if (overlay.lines === undefined || (key !== 'y' && key !== 'Y' && key !== 'enter')) return step(state);
  return step(working({ ...state, overlay: undefined }, startText(overlay.action)), {
    effect: 'run',
    action: overlay.action,
  });
};

const helpKey = (state: State, overlay: Extract<Overlay, { kind: 'help' }>, key: string): Step => {
  const top = movement(key, overlay.top, state.rows - 6, 200);
  if (top === undefined) return step({ ...state, overlay: undefined });
  return step({ ...state, overlay: { ...overlay, top: Math.max(0, top) } });
};

const menuKey = (state: State, overlay: Extract<Overlay, { kind: 'menu' }>, key: string): Step => {
  const chosen = key === 'enter' ? overlay.items[overlay.cursor] : overlay.items.find((item) => item.key === key);
  if (chosen !== undefined) return choose(state, chosen.choice);
  const moved = movement(key, overlay.cursor, 1, overlay.items.length) ?? overlay.cursor;
  const cursor = Math.max(0, Math.min(moved, overlay.items.length - 1));
  return step({ ...state, overlay: { ...overlay, cursor } });
};
