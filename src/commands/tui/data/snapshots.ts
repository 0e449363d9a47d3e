/**
 * The snapshots that are open, and what grew between them. In: files. Out: events, pages, paths. It is loaded with the first
 * snapshot, because profiles need none of it.
 */
import { readScriptsTable } from '../../../analyzer/formats/scripts-table.js';
import { leastSnapshots } from '../../../analyzer/growth/snapshots/find-growth.js';
import type { Heap } from '../../../analyzer/heap/heap.js';
import type { LeakReport } from '../../../analyzer/model/finding.js';
import { openHeapFile, readHeapFile, type IndexUse } from '../../../heap-files/heap-file.js';
import { analyseSnapshots } from '../../../leaks/snapshot-files.js';
import { formatBytes, formatBytesDelta, formatCount } from '../../../report/units.js';
import type { ProviderEvent } from '../../../tui/state/provider.js';
import type { PathDetail } from '../../../tui/state/detail.js';
import type { ClassRow, ListOrder, ListWindow, Page } from '../../../tui/state/lists.js';
import { HeapCache } from './cache.js';
import { computeGrowthData, type GrowthData } from './growth-data.js';
import { computeHeapData, isBig, type HeapData } from './heap-data.js';
import { countedClasses, heapPage, type HeapQuery } from './heap-lists.js';
import { pathDetail } from './heap-rows.js';
import { createSlices } from './ordering.js';
import { rowPage } from './row-list.js';

const heapSummary = (what: string, { graph, stored }: Heap): string => {
  const { nodeCount, edgeCount } = graph;
  let bytes = stored?.totalBytes ?? 0;
  if (stored === undefined) for (const nodeBytes of graph.selfBytes) bytes += nodeBytes;
  return `${what}: ${formatBytes(bytes)}, ${formatCount(nodeCount)} objects, ${formatCount(edgeCount)} references`;
};

export class Snapshots {
  private heap: { readonly data: HeapData; readonly cache: HeapCache } | undefined;
  /** The classes of a heap that is still being computed, and that computation. */
  private early: { readonly classes: readonly ClassRow[]; readonly rest: Promise<void> } | undefined;
  private growth: GrowthData | undefined;
  private readonly all: { readonly file: string; readonly heap: Heap }[] = [];
  /** Never aborted: to stop loading, the thread is ended. */
  private readonly stop = new AbortController();

  constructor(private readonly emit: (event: ProviderEvent) => void) {}

  get count(): number {
    return this.all.length;
  }

  /** `aside`: the screen does not change to it. */
  async open(file: string, index: IndexUse, aside: boolean): Promise<void> {
    const io = { signal: this.stop.signal, progress: this.tell, warn: this.tell };
    const { heap, keepIndex } = await openHeapFile(file, io, index);
    this.heap = undefined;
    const computed = this.compute(file, heap);
    const loaded = { type: 'loaded', dataset: 'heap', summary: heapSummary(file, heap), aside } as const;
    if (isBig(heap)) await this.showEarly(heap, computed, loaded);
    else await computed.then(() => this.emit(loaded));
    void keepIndex();
  }

  /**
   * The last snapshot of a search for leaks, read silently. It is not compared with others, because the search did
   * that.
   */
  async openAside(file: string): Promise<void> {
    const before = this.count;
    const heap = await readHeapFile(file, { signal: this.stop.signal, progress: () => {} });
    const data = await computeHeapData(heap, () => {});
    if (this.count > before) return; // a newer one was taken meanwhile
    this.heap = { data, cache: new HeapCache() };
    const summary = heapSummary('the last snapshot of the search for leaks', heap);
    this.emit({ type: 'loaded', dataset: 'heap', summary, aside: true });
  }

  private async compute(file: string, heap: Heap): Promise<void> {
    const data = await computeHeapData(heap, this.tell);
    this.heap = { data, cache: new HeapCache() };
    this.all.push({ file, heap });
  }

  /** Shows the classes of a heap while the rest is computed. */
  private async showEarly(heap: Heap, rest: Promise<void>, loaded: Extract<ProviderEvent, { type: 'loaded' }>) {
    this.early = { classes: countedClasses(heap), rest };
    this.emit({ ...loaded, early: true });
    this.tell('computing retained sizes');
    try {
      await rest;
    } finally {
      this.early = undefined;
    }
    this.emit({ type: 'refined' });
  }

  /** What grew over all snapshots so far; three or more prove growth, and give a report; two only suggest it. */
  async compare(): Promise<LeakReport | undefined> {
    const files = this.all.map(({ file }) => file);
    this.tell(`comparing ${files.length} snapshots`);
    const last = files.at(-1);
    const scripts = last === undefined ? undefined : await readScriptsTable(last);
    this.growth = computeGrowthData(
      this.all.map(({ heap }) => heap),
      scripts,
    );
    const { diff, wholeBytes } = this.growth;
    const caution = diff.sameProcess ? '' : '; NOT of one process: matched by class and path';
    const summary = `${files.length} snapshots: heap ${formatBytesDelta(wholeBytes)}${caution}`;
    this.emit({ type: 'loaded', dataset: 'growth', summary });
    if (files.length < leastSnapshots || !diff.sameProcess) return undefined;
    return analyseSnapshots(files, { onProgress: this.tell });
  }

  private readonly tell = (text: string): void => this.emit({ type: 'loading', text });

  grownPage(list: 'grownClasses' | 'grownObjects', order: ListOrder, window: ListWindow): Page | undefined {
    const { growth } = this;
    const rows = list === 'grownClasses' ? growth?.classes : growth?.objects;
    return growth && rows && rowPage(rows, order, window, growth.wholeBytes);
  }

  async page(
    query: HeapQuery,
    order: ListOrder,
    window: ListWindow,
    isWanted: () => boolean,
  ): Promise<Page | undefined> {
    if (this.early !== undefined) {
      if (query.list === 'classes') return rowPage(this.early.classes, order, window, 1);
      await this.early.rest;
    }
    const { heap } = this;
    return heap && heapPage(heap.data, query, order, window, createSlices(isWanted), heap.cache);
  }

  path(node: number): PathDetail | undefined {
    return this.heap && pathDetail(this.heap.data, node);
  }
}
