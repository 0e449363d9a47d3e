/**
 * The layout of a screen of a given size. In: a state. Out: rows of the screen. Pure; keys and drawing both use it, so
 * that page down moves by the visible rows.
 */
import type { State } from '../state/state.js';
import type { ListView } from '../state/views.js';

/** Rows above the body: tabs and title; below it: notice and keys. */
export const bodyTop = 2;
const belowBody = 2;

export const bodyHeight = (state: State): number => Math.max(3, state.rows - bodyTop - belowBody);

/** Rows at the bottom of the body for details of the row under the cursor. */
export const panelHeight = (state: State, view: ListView): number => {
  const body = bodyHeight(state);
  const part = (share: number, least: number): number => Math.min(Math.max(least, Math.floor(body * share)), body - 4);
  switch (view.query.list) {
    case 'classes':
    case 'biggest':
    case 'objects':
    case 'dominators':
    case 'fields':
    case 'retainers':
    case 'dominated':
    case 'grownObjects':
      return part(0.26, 5);
    case 'waste':
    case 'wasteOf':
      return part(0.35, 7);
    case 'findings': // one row per finding, up to a third of the screen: users read the evidence
      return body - 1 - Math.max(1, Math.min(view.page?.matched ?? 1, Math.floor(body / 3)));
    default:
      return 0;
  }
};

/** Rows of a list that are on the screen, without its header. */
export const listHeight = (state: State, view: ListView): number =>
  Math.max(1, bodyHeight(state) - panelHeight(state, view) - 1);

/** Rows of source on the screen, below the header. */
export const sourceHeight = (state: State): number => Math.max(1, bodyHeight(state) - 1);
