/**
 * Everything the screen shows, as one plain value that is never changed, only replaced. Keys and data lead to the next
 * state (update.ts); a state is drawn as lines (frame.ts).
 */
import type { Finding, LeakReport } from '../../analyzer/model/finding.js';
import type { Location } from '../../analyzer/model/location.js';
import type { Reading } from '../../analyzer/model/reading.js';
import type {
  Dataset,
  FlameDetail,
  ListQuery,
  Page,
  PathDetail,
  ProfileName,
  Row,
  SourceDetail,
  TargetAction,
  Thread,
} from './provider.js';

export const tabIds = ['live', 'heap', 'growth', 'cpu', 'lines'] as const;
export type TabId = (typeof tabIds)[number];

/** A list with a cursor: classes, objects, functions… */
export interface ListView {
  readonly kind: 'list';
  readonly query: ListQuery;
  /** Its name in the path at the top of the screen: `Classes`, `Session`, `@1234`. */
  readonly title: string;
  readonly sort: string;
  readonly descending: boolean;
  readonly filter: string;
  readonly expanded: readonly string[];
  readonly cursor: number;
  /** First row on the screen. */
  readonly top: number;
  /** The rows that arrived last, and the order in which they were requested. */
  readonly page: (Page & { readonly key: string }) | undefined;
  /** The retaining path of the object under the cursor. */
  readonly path: (PathDetail & { readonly node: number }) | undefined;
  /** The first visible line of the details of the row under the cursor, if they are longer than their room. */
  readonly panelTop?: number;
  /** Which place of a finding Enter opens, if it is not the first. */
  readonly place?: { readonly rank: number; readonly chosen: number };
  /** The tab from which the user came here, and to which Esc leads back. */
  readonly from?: TabId;
}

/** The source of one file with its costs. */
export interface SourceView {
  readonly kind: 'source';
  readonly place: Location;
  /** Line under the cursor, from 0. */
  readonly cursor: number;
  readonly top: number;
  /** How many columns of the source are scrolled out at the left. */
  readonly left: number;
  readonly source: (SourceDetail & { readonly key: string }) | undefined;
  readonly from?: TabId;
  /** Which finding it belongs to, and which of its places it is. */
  readonly finding?: { readonly finding: Finding; readonly chosen: number };
}

export interface FlameView {
  readonly kind: 'flame';
  readonly profile: ProfileName;
  /** Node of the call tree that takes the whole width. */
  readonly root: number;
  /** Node under the cursor. */
  readonly cursor: number;
  readonly flame: (FlameDetail & { readonly key: string }) | undefined;
}

export type View = ListView | SourceView | FlameView;

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
  readonly report: LeakReport | undefined;
  /** Oldest first; at most `keptReadings`. */
  readonly readings: readonly Reading[];
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

const firstSort: Readonly<Record<ListQuery['list'], string>> = {
  classes: 'retained',
  biggest: 'retained',
  objects: 'retained',
  dominators: 'retained',
  fields: 'retained',
  retainers: 'distance',
  dominated: 'retained',
  findings: 'rank',
  grownClasses: 'delta',
  grownObjects: 'delta',
  functions: 'self',
  callers: 'total',
  callees: 'total',
  hotLines: 'self',
};
const ascendingFirst = new Set(['rank', 'distance', 'name', 'place']);

/** The direction in which a column is sorted when it is first chosen: sizes with the biggest first, names from A. */
export const descendsFirst = (sort: string): boolean => !ascendingFirst.has(sort);

export const listView = (query: ListQuery, title: string): ListView => ({
  kind: 'list',
  query,
  title,
  sort: firstSort[query.list],
  descending: descendsFirst(firstSort[query.list]),
  filter: '',
  expanded: [],
  cursor: 0,
  top: 0,
  page: undefined,
  path: undefined,
});

export const flameView = (profile: ProfileName): FlameView => ({
  kind: 'flame',
  profile,
  root: 0,
  cursor: 0,
  flame: undefined,
});

export const sourceView = (place: Location): SourceView => ({
  kind: 'source',
  place,
  cursor: Math.max(0, place.line - 1),
  top: 0,
  left: 0,
  source: undefined,
});

/** A way to look at a tab's data; `v` switches to the next. */
export interface RootView {
  readonly title: string;
  readonly needs: Dataset;
  readonly make: () => View;
}

const profileRoots = (profile: ProfileName, word: string): RootView[] => [
  { title: `${word} functions`, needs: profile, make: () => listView({ list: 'functions', profile }, 'Functions') },
  { title: `${word} flame graph`, needs: profile, make: () => flameView(profile) },
];

export const rootViews: Readonly<Record<TabId, readonly RootView[]>> = {
  live: [],
  heap: [
    { title: 'Biggest objects', needs: 'heap', make: () => listView({ list: 'biggest' }, 'Biggest objects') },
    { title: 'Classes', needs: 'heap', make: () => listView({ list: 'classes' }, 'Classes') },
    { title: 'Dominator tree', needs: 'heap', make: () => listView({ list: 'dominators' }, 'Dominator tree') },
  ],
  growth: [
    { title: 'Findings', needs: 'leaks', make: () => listView({ list: 'findings' }, 'Findings') },
    { title: 'Classes', needs: 'growth', make: () => listView({ list: 'grownClasses' }, 'Classes') },
    { title: 'Objects', needs: 'growth', make: () => listView({ list: 'grownObjects' }, 'Objects') },
  ],
  cpu: [...profileRoots('cpu', 'CPU'), ...profileRoots('alloc', 'Allocation')],
  lines: [
    { title: 'CPU lines', needs: 'cpu', make: () => listView({ list: 'hotLines', profile: 'cpu' }, 'Hottest lines') },
  ],
};

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
  readings: [],
  disturbedMs: 0,
  threads: [],
  thread: '',
  silent: undefined,
  ended: undefined,
  cutOff: false,
  work: live ? undefined : { text: 'opening', action: false },
  notice: undefined,
  overlay: undefined,
  filtering: false,
  pending: undefined,
});

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

/** A key for what a list holds and in which order: two equal keys mean the same rows. */
export const listKey = (view: ListView, generation: number): string =>
  JSON.stringify([generation, view.query, view.sort, view.descending, view.filter, view.expanded]);

export const sourceKey = (state: State, view: SourceView): string => `${state.generation} ${view.place.file}`;

export const flameKey = (state: State, view: FlameView): string =>
  JSON.stringify([state.generation, view.profile, view.root, state.columns, state.rows]);

export const rowAtCursor = (view: ListView): Row | undefined =>
  view.page === undefined ? undefined : view.page.rows[view.cursor - view.page.from];
