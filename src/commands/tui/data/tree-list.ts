/**
 * A tree whose open rows are shown as one list, of which only a window is built. In: the top level, the keys of the
 * open rows, a window. Out: the rows of the window. The cost depends on how many rows are open, not on how many there
 * are.
 */
import type { ListOrder, ListWindow, ObjectRow, Page } from '../../../tui/state/lists.js';
import type { RowPlace } from './heap-rows.js';

/** The rows below one row, or those at the top. */
export interface Level {
  /** Edges or nodes, depending on the level. */
  readonly items: Uint32Array;
  readonly nodeOf: (item: number) => number;
  /** The name of the edge that an item stands for; undefined if items are nodes. */
  readonly textOf: (item: number) => string | undefined;
  readonly below: (item: number) => Level;
  readonly hasBelow: (item: number) => boolean;
}

export interface TreeOptions {
  readonly top: Level;
  readonly order: ListOrder;
  readonly window: ListWindow;
  /** A level's items from the smallest to the largest; `key` is that of the parent row, '' at the top. */
  readonly ordered: (level: Level, key: string) => Promise<Uint32Array>;
  readonly row: (node: number, place: RowPlace) => ObjectRow;
}

/** A sorted level, with the levels that are open in it. */
interface OpenLevel {
  readonly level: Level;
  readonly key: string;
  readonly depth: number;
  readonly items: Uint32Array;
  readonly descending: boolean;
  /** By position, ascending. */
  readonly open: readonly { readonly position: number; readonly below: OpenLevel }[];
  /** Rows of this level and of all that are open in it. */
  readonly rows: number;
}

export const treePage = async (options: TreeOptions): Promise<Omit<Page, 'whole'>> => {
  const top = await openLevel(options, options.top, '', 0, options.order.expanded);
  const rows: ObjectRow[] = [];
  emit(options, top, options.window.from, options.window.from + options.window.count, rows);
  return { from: options.window.from, rows, matched: top.rows, total: options.top.items.length };
};

const openLevel = async (
  options: TreeOptions,
  level: Level,
  key: string,
  depth: number,
  expanded: readonly string[],
): Promise<OpenLevel> => {
  const items = await options.ordered(level, key);
  const { descending } = options.order;
  const prefix = key === '' ? '' : `${key}/`;
  const own = expanded.filter((one) => one.startsWith(prefix) && !one.slice(prefix.length).includes('/'));
  const open = [];
  for (const one of own) {
    const item = Number(one.slice(prefix.length));
    const at = items.indexOf(item);
    if (at < 0) continue;
    const position = descending ? items.length - 1 - at : at;
    const inner = expanded.filter((other) => other.startsWith(`${one}/`));
    open.push({ position, below: await openLevel(options, level.below(item), one, depth + 1, inner) });
  }
  open.sort((a, b) => a.position - b.position);
  const rows = open.reduce((sum, { below }) => sum + below.rows, items.length);
  return { level, key, depth, items, descending, open, rows };
};

/** Adds the rows numbered `from` to `to` of a level, counted from its first row. */
const emit = (options: TreeOptions, at: OpenLevel, from: number, to: number, rows: ObjectRow[]): void => {
  let shift = 0; // rows of open levels above
  let position = 0;
  for (const { position: opened, below } of [...at.open, { position: at.items.length, below: undefined }]) {
    // a run of rows of this level, up to and including the open row
    const last = Math.min(at.items.length, opened + 1);
    const first = Math.max(position, from - shift);
    for (let own = first; own < Math.min(last, to - shift); own++) {
      rows.push(rowAt(options, at, own, below !== undefined && own === opened));
    }
    position = last;
    if (below === undefined) break;
    emit(options, below, from - shift - last, to - shift - last, rows);
    shift += below.rows;
  }
};

const rowAt = (options: TreeOptions, at: OpenLevel, position: number, open: boolean): ObjectRow => {
  const item = at.items[at.descending ? at.items.length - 1 - position : position];
  return options.row(at.level.nodeOf(item), {
    key: at.key === '' ? String(item) : `${at.key}/${item}`,
    edge: at.level.textOf(item),
    depth: at.depth,
    branches: at.level.hasBelow(item),
    open,
  });
};
