/**
 * Everything the screen shows, as one plain value that is never changed, only replaced. Keys and data lead to the next
 * state (update.ts); a state is drawn as lines (frame.ts).
 */
import type { Reading } from '../../analyzer/model/reading.js';
import type { Dataset, LiveMemory, Replay, ShownReport, TargetAction, Thread } from './provider.js';
import { tabIds, type FlameView, type SourceView, type TabId, type View } from './views.js';

export interface MenuItem {
  readonly key: string;
  readonly text: string;
  readonly choice: MenuChoice;
}
export type MenuChoice =
  | { readonly choice: 'action'; readonly action: TargetAction }
  | { readonly choice: 'save'; readonly format: 'text' | 'markdown' | 'html' }
  | { readonly choice: 'copy' | 'copyPath' }
  | { readonly choice: 'thread'; readonly id: string }
  | { readonly choice: 'saveMenu' };

export type Overlay =
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'menu'; readonly title: string; readonly items: readonly MenuItem[]; readonly cursor: number }
  | { readonly kind: 'question'; readonly action: TargetAction; readonly lines: readonly string[] | undefined };

/** One line above the footer. */
export interface Notice {
  readonly text: string;
  readonly style: 'good' | 'warn' | 'bad';
}

/** Work that is going on: loading, or an action on the target. */
export interface Work {
  readonly text: string;
  readonly action: boolean;
  /** Time since an action began. */
  readonly seconds?: number;
  /** Esc was pressed: what was done to the target is being undone. */
  readonly stopping?: boolean;
}

export interface State {
  readonly columns: number;
  readonly rows: number;
  readonly title: string;
  readonly live: boolean;
  readonly tab: TabId;
  /** For each tab, the views that were opened, the deepest last; the first is one of its root views. */
  readonly stacks: Readonly<Record<TabId, readonly View[]>>;
  readonly loaded: Readonly<Partial<Record<Dataset, string>>>;
  /** Goes up with every dataset that arrives, so that rows of an older one are requested again. */
  readonly generation: number;
  readonly report: ShownReport | undefined;
  /** The recording that is shown: `readings` are those up to the moment on the screen. */
  readonly replay: (Replay & { readonly isPlaying: boolean }) | undefined;
  /** Oldest first; at most `keptReadings`. */
  readonly readings: readonly Reading[];
  /** undefined until it was read, and for a target that is not on this machine. */
  readonly memory: LiveMemory | undefined;
  /** Time of the last reading that an action of ours may have changed: such readings show no trend. */
  readonly disturbedMs: number;
  readonly threads: readonly Thread[];
  readonly thread: string;
  /** Why no reading comes at the moment. */
  readonly silent: string | undefined;
  /** Why no more readings come: the target is gone, or memwatch was cut off from it. */
  readonly ended: string | undefined;
  /** The target still runs; only the connection to it has ended. */
  readonly cutOff: boolean;
  /** What the CPU does is looked at again and again. */
  readonly watching: boolean;
  readonly work: Work | undefined;
  readonly notice: Notice | undefined;
  readonly overlay: Overlay | undefined;
  /** Typed letters go to the filter of the list. */
  readonly filtering: boolean;
  /** A key that acts on a row, pressed before the row was there: it takes effect when the row arrives. */
  readonly pending: string | undefined;
}

/** An hour of readings at one a second. */
export const keptReadings = 3600;

export const initialState = (title: string, live: boolean, columns: number, rows: number): State => ({
  columns,
  rows,
  title,
  live,
  tab: live ? 'live' : 'heap',
  stacks: { live: [], heap: [], growth: [], cpu: [], lines: [] },
  loaded: {},
  generation: 0,
  report: undefined,
  replay: undefined,
  readings: [],
  memory: undefined,
  disturbedMs: 0,
  threads: [],
  thread: '',
  silent: undefined,
  ended: undefined,
  cutOff: false,
  watching: false,
  work: live ? undefined : { text: 'opening', action: false },
  notice: undefined,
  overlay: undefined,
  filtering: false,
  pending: undefined,
});

/** The tabs that can have something to show. */
export const tabsOf = ({ live, replay }: State): readonly TabId[] =>
  replay === undefined ? tabIds.slice(live ? 0 : 1) : ['live'];

/** The view in front; undefined if the tab has nothing to show yet. */
export const frontView = (state: State): View | undefined => state.stacks[state.tab].at(-1);

/** The state with its front view replaced. */
export const withFront = (state: State, view: View): State => ({
  ...state,
  stacks: { ...state.stacks, [state.tab]: [...state.stacks[state.tab].slice(0, -1), view] },
});

export const withStack = (state: State, tab: TabId, stack: readonly View[]): State => ({
  ...state,
  stacks: { ...state.stacks, [tab]: stack },
});

export const sourceKey = (state: State, view: SourceView): string => `${state.generation} ${view.place.file}`;

export const flameKey = (state: State, view: FlameView): string =>
  JSON.stringify([state.generation, view.profile, view.root, state.columns, state.rows]);
