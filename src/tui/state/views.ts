/** The views of the screen, and those that each tab begins with: a list, the source of a file, a flame graph. */
import type { Finding } from '../../analyzer/model/finding.js';
import type { Location } from '../../analyzer/model/location.js';
import type { FlameDetail, FlameName, PathDetail, SourceDetail } from './detail.js';
import type { ListQuery, Page, ProfileName, Row } from './lists.js';
import type { Dataset, ReportName, TargetReport } from './provider.js';

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
  readonly profile: FlameName;
  /** Node of the call tree that takes the whole width. */
  readonly root: number;
  /** Node under the cursor. */
  readonly cursor: number;
  /** Boxes whose name or file contains it are marked. */
  readonly filter: string;
  readonly flame: (FlameDetail & { readonly key: string }) | undefined;
}

/** What a command reports about the process, as a page of text over the Live screen. */
export interface ReportView {
  readonly kind: 'report';
  readonly name: ReportName;
  /** undefined until it was read. */
  readonly report: TargetReport | undefined;
  /** First line on the screen. */
  readonly top: number;
}

export type View = ListView | SourceView | FlameView | ReportView;

const firstSort: Readonly<Record<ListQuery['list'], string>> = {
  classes: 'retained',
  biggest: 'retained',
  objects: 'retained',
  dominators: 'retained',
  fields: 'retained',
  retainers: 'distance',
  dominated: 'retained',
  waste: 'bytes',
  wasteOf: 'bytes',
  findings: 'rank',
  grownClasses: 'delta',
  grownObjects: 'delta',
  functions: 'self',
  callers: 'total',
  callees: 'total',
  hotLines: 'self',
  changedFunctions: 'delta',
  changedLines: 'delta',
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

export const flameView = (profile: FlameName): FlameView => ({
  kind: 'flame',
  profile,
  root: 0,
  cursor: 0,
  filter: '',
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

export const reportView = (name: ReportName): ReportView => ({ kind: 'report', name, report: undefined, top: 0 });

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
    { title: 'Waste', needs: 'heap', make: () => listView({ list: 'waste' }, 'Waste') },
  ],
  growth: [
    { title: 'Findings', needs: 'leaks', make: () => listView({ list: 'findings' }, 'Findings') },
    { title: 'Objects', needs: 'growth', make: () => listView({ list: 'grownObjects' }, 'Objects') },
    { title: 'Classes', needs: 'growth', make: () => listView({ list: 'grownClasses' }, 'Classes') },
  ],
  cpu: [
    ...profileRoots('cpu', 'CPU'),
    { title: 'CPU now', needs: 'now', make: () => listView({ list: 'functions', profile: 'now' }, 'Functions') },
    ...profileRoots('alloc', 'Allocation'),
    { title: 'Changes', needs: 'change', make: () => listView({ list: 'changedFunctions' }, 'Changes') },
    { title: 'Change graph', needs: 'change', make: () => flameView('change') },
    { title: 'Changed lines', needs: 'change', make: () => listView({ list: 'changedLines' }, 'Changed lines') },
  ],
  lines: [
    { title: 'CPU lines', needs: 'cpu', make: () => listView({ list: 'hotLines', profile: 'cpu' }, 'Hottest lines') },
  ],
};

/** A key for what a list holds and in which order: two equal keys mean the same rows. */
export const listKey = (view: ListView, generation: number): string =>
  JSON.stringify([generation, view.query, view.sort, view.descending, view.filter, view.expanded]);

export const rowAtCursor = (view: ListView): Row | undefined =>
  view.page === undefined ? undefined : view.page.rows[view.cursor - view.page.from];
