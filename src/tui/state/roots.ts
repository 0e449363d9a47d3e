/** The root views of a tab, each a way to look at its data: which one is shown, and how to show another. Pure. */
import type { Dataset } from './provider.js';
import { withStack, type State } from './state.js';
import { rootViews, tabIds, type RootView, type TabId, type View } from './views.js';

/** The number of the root view at the bottom of the tab's stack; -1: none. */
export const rootIndex = (state: State, tab: TabId): number => {
  const bottom = state.stacks[tab][0];
  return bottom === undefined ? -1 : rootViews[tab].findIndex((root) => sameRoot(root.make(), bottom));
};

/** The root view that the tab shows, or in which something is open. */
export const rootInFront = (state: State, tab: TabId): RootView | undefined => rootViews[tab][rootIndex(state, tab)];

const sameRoot = (a: View, b: View): boolean => {
  if (a.kind === 'list' && b.kind === 'list') return JSON.stringify(a.query) === JSON.stringify(b.query);
  return a.kind === 'flame' && b.kind === 'flame' && a.profile === b.profile;
};

export const showRoot = (state: State, tab: TabId, root: RootView): State => withStack(state, tab, [root.make()]);

const tabOf: Readonly<Record<Dataset, TabId>> = {
  heap: 'heap',
  growth: 'growth',
  leaks: 'growth',
  cpu: 'cpu',
  now: 'cpu',
  alloc: 'cpu',
  change: 'cpu',
};

/**
 * New data is shown at once, from its top, unless the user did not ask for it; views of older data of its kind are
 * closed.
 */
export const showDataset = (state: State, dataset: Dataset, aside: boolean): State => {
  const shown: State = tabIds.reduce((next, tab) => {
    const root = rootViews[tab].find((one) => one.needs === dataset);
    return root === undefined ? next : showRoot(next, tab, root);
  }, state);
  return aside ? shown : { ...shown, tab: tabOf[dataset] };
};
