/** Costs on the screen that may be those of functions which V8 inlined, and how to get exact ones. Pure. */
import type { State } from './state.js';
import type { ListView, View } from './views.js';

/** Some row or line of the view is marked with `~`. */
export const hasInlined = (view: View | undefined): boolean => {
  if (view?.kind === 'list') return view.page?.rows.some((row) => 'mayBeInlined' in row && row.mayBeInlined) === true;
  return view?.kind === 'source' && view.source?.costs.some(({ mayBeInlined }) => mayBeInlined) === true;
};

/** What to press or run for a profile without inlining. */
export const howExact = (state: State, view: ListView | undefined): string => {
  const isAlloc = view !== undefined && 'profile' in view.query && view.query.profile === 'alloc';
  return state.live ? 'E' : `memwatch ${isAlloc ? 'alloc' : 'cpu'} --precise`;
};
