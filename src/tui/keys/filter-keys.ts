/** Keys while the user types into the filter line of a list or a flame graph. In: the filter, a key. Out: the next state. Pure. */
import type { State } from '../state/state.js';

/** `filtered` makes the state with another filter. */
export const filterKeyPressed = (
  state: State,
  filter: string,
  key: string,
  filtered: (filter: string) => State,
): State => {
  if (key === 'escape') return { ...filtered(''), filtering: false };
  if (['enter', 'down', 'up', 'tab'].includes(key)) return { ...state, filtering: false };
  if (key === 'backspace')
    return filter === '' ? { ...state, filtering: false } : filtered([...filter].slice(0, -1).join(''));
  if (key === 'C-u') return filtered('');
  return isLetter(key) ? filtered(filter + key) : state;
};

const isLetter = (key: string): boolean => [...key].length === 1;
