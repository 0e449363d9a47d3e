/**
 * Data that the screen lacks: rows, a path, a source, a flame graph. In: a state. Out: requests to the provider; none if
 * nothing is missing. Pure: app.ts sends the requests.
 */
import { pathKey } from './arrivals.js';
import { bodyHeight, listHeight, panelHeight } from '../rows/layout.js';
import type { DetailQuery } from '../state/detail.js';
import type { ListOrder, ListQuery, ListWindow } from '../state/lists.js';
import { flameKey, frontView, sourceKey, type State } from '../state/state.js';
import { listKey, type ListView } from '../state/views.js';

export type Want =
  | {
      readonly want: 'rows';
      readonly key: string;
      readonly query: ListQuery;
      readonly order: ListOrder;
      readonly window: ListWindow;
    }
  | { readonly want: 'path' | 'source' | 'flame'; readonly key: string; readonly query: DetailQuery };

export const wantsOf = (state: State): Want[] => {
  const view = frontView(state);
  switch (view?.kind) {
    case 'list':
      return [...rowsWanted(state, view), ...pathWanted(state, view)];
    case 'source': {
      const key = sourceKey(state, view);
      if (view.source?.key === key) return [];
      return [{ want: 'source', key, query: { detail: 'source', file: view.place.file } }];
    }
    case 'flame': {
      const key = flameKey(state, view);
      if (view.flame?.key === key) return [];
      const { profile, root } = view;
      const size = { columns: state.columns, rows: bodyHeight(state) };
      return [{ want: 'flame', key, query: { detail: 'flame', profile, root, ...size } }];
    }
    default:
      return [];
  }
};

/** Rows are requested some screens ahead, so that scrolling does not wait. */
const rowsWanted = (state: State, view: ListView): Want[] => {
  const key = listKey(view, state.generation);
  const height = listHeight(state, view);
  const { page } = view;
  const end = Math.min(view.top + height, page?.matched ?? Infinity);
  if (page?.key === key && page.from <= view.top && page.from + page.rows.length >= end) return [];
  const from = Math.max(0, view.top - 2 * height);
  const { sort, descending, filter, expanded } = view;
  const window = { from, count: view.top - from + 3 * height };
  return [{ want: 'rows', key, query: view.query, order: { sort, descending, filter, expanded }, window }];
};

const pathWanted = (state: State, view: ListView): Want[] => {
  const key = panelHeight(state, view) > 0 ? pathKey(view) : undefined;
  if (key === undefined || view.path?.node === Number(key)) return [];
  return [{ want: 'path', key, query: { detail: 'path', node: Number(key) } }];
};
