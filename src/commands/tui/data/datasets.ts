/**
 * Everything the data thread holds. In: files to open, requests. Out: events when something was loaded, pages, details.
 */
import type { CpuCapture } from '../../../agent/capture/cpu-profile.js';
import { MemwatchError, messageOf } from '../../../errors.js';
import { leastSnapshots } from '../../../analyzer/growth/snapshots/find-growth.js';
import type { Heap } from '../../../analyzer/heap/heap.js';
import { formatBytes, formatBytesDelta, formatCount } from '../../../report/units.js';
import type { Dataset, ProviderEvent, ShownReport } from '../../../tui/state/provider.js';
import type { Detail, DetailQuery, LineCost } from '../../../tui/state/detail.js';
import type { ClassRow, FindingRow, ListOrder, ListQuery, ListWindow, Page } from '../../../tui/state/lists.js';
import { analyseSnapshots } from '../../../leaks/snapshot-files.js';
import { openHeapFile, readHeapFile, type IndexUse } from '../../../heap-files/heap-file.js';
import type { OpenOptions } from '../messages.js';
import { HeapCache } from './cache.js';
import { kindOf } from './capture-kind.js';
import { flameDetail } from './flame-data.js';
import { computeGrowthData, type GrowthData } from './growth-data.js';
import { computeHeapData, isBig, type HeapData } from './heap-data.js';
import { countedClasses, heapPage, type HeapQuery } from './heap-lists.js';
import { pathDetail } from './heap-rows.js';
import { createSlices } from './ordering.js';
import { lineCosts, type ProfileData } from './profile-data.js';
import { Profiles } from './profiles.js';
import { rowPage } from './row-list.js';
import type { SavedResult } from './saved-result.js';
import { readSource } from './source-data.js';

type Emit = (event: ProviderEvent) => void;

/** Lines whose allocations are still alive; used if no allocation profile says more. */
const survivors = (report: ShownReport | undefined, file: string): LineCost[] =>
  (report?.findings ?? []).flatMap((finding) =>
    finding.allocationSites.flatMap((site) => (site.file === file ? [{ line: site.line, bytes: site.bytes }] : [])),
  );

const listsOfHeap = 'classes biggest objects dominators fields retainers dominated waste wasteOf';
const heapLists = new Set<string>(listsOfHeap.split(' '));
const isOfHeap = (query: ListQuery): query is HeapQuery => heapLists.has(query.list);

const findingRow = (finding: FindingRow['finding']): FindingRow => ({ kind: 'finding', finding });

const heapSummary = (what: string, { graph, stored }: Heap): string => {
  const { nodeCount, edgeCount } = graph;
  let bytes = stored?.totalBytes ?? 0;
  if (stored === undefined) for (const nodeBytes of graph.selfBytes) bytes += nodeBytes;
  return `${what}: ${formatBytes(bytes)}, ${formatCount(nodeCount)} objects, ${formatCount(edgeCount)} references`;
};

export class Datasets {
  private heap: { readonly data: HeapData; readonly cache: HeapCache } | undefined;
  /** The classes of a heap that is still being computed, and that computation. */
  private early: { readonly classes: readonly ClassRow[]; readonly rest: Promise<void> } | undefined;
  private report: ShownReport | undefined;
  private growth: GrowthData | undefined;
  private readonly snapshots: { readonly file: string; readonly heap: Heap }[] = [];
  /** Never aborted: to stop loading, the thread is ended. */
  private readonly stop = new AbortController();
  private readonly results = new Map<Dataset, SavedResult>();
  private readonly profiles: Profiles;

  constructor(private readonly emit: Emit) {
    this.profiles = new Profiles(emit);
  }

  /** An event reports what cannot be read; the rest is shown. */
  async open(files: readonly string[], options: OpenOptions = {}): Promise<void> {
    const before = this.snapshots.length;
    const profiles: ProfileData[] = [];
    for (const file of files)
      await this.attempt(async () => void profiles.push(...(await this.openOne(file, options, files.length > 1))));
    if (this.snapshots.length > before && this.snapshots.length > 1) await this.attempt(() => this.compare());
    else if (this.snapshots.length > before && files.length > 1) this.emit({ type: 'show', tab: 'heap' });
    const [first, second] = profiles;
    if (first !== undefined && second !== undefined)
      await this.attempt(async () => this.profiles.compare(first, second));
  }

  /**
   * The last snapshot of a search for leaks, read silently. It is not compared with others, because the search did
   * that.
   */
  async openAside(file: string): Promise<void> {
    const before = this.snapshots.length;
    const heap = await readHeapFile(file, { signal: this.stop.signal, progress: () => {} });
    const data = await computeHeapData(heap, () => {});
    if (this.snapshots.length > before) return; // a newer one was taken meanwhile
    this.heap = { data, cache: new HeapCache() };
    const summary = heapSummary('the last snapshot of the search for leaks', heap);
    this.emit({ type: 'loaded', dataset: 'heap', summary, aside: true });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const hint = error instanceof MemwatchError ? error.hint : undefined;
      this.emit({ type: 'failed', message: messageOf(error), hint });
    }
  }

  /** Returns the profile, if it is one. Of several snapshots, what grew is shown, not each as it comes. */
  private async openOne(
    file: string,
    { type, index = 'never' }: OpenOptions,
    isOneOfSeveral: boolean,
  ): Promise<ProfileData[]> {
    const kind = await kindOf(file);
    if (kind.kind === 'snapshot') await this.openHeap(file, index, isOneOfSeveral);
    else if (kind.kind === 'leaks') this.show(kind.report);
    else if (kind.kind === 'result') this.openResult(kind.result);
    else {
      this.tell(`reading ${file}`);
      return [await this.profiles.open(file, type)];
    }
    return [];
  }

  private openResult(result: SavedResult): void {
    this.results.set(result.dataset, result);
    this.emit({ type: 'loaded', dataset: result.dataset, summary: result.summary });
    if (result.lists.functions?.length === 0) this.emit({ type: 'show', tab: 'lines' });
  }

  private async openHeap(file: string, index: IndexUse, aside: boolean): Promise<void> {
    const io = { signal: this.stop.signal, progress: this.tell, warn: this.tell };
    const { heap, keepIndex } = await openHeapFile(file, io, index);
    this.heap = undefined;
    const computed = this.compute(file, heap);
    const loaded = { type: 'loaded', dataset: 'heap', summary: heapSummary(file, heap), aside } as const;
    if (isBig(heap)) await this.showEarly(heap, computed, loaded);
    else await computed.then(() => this.emit(loaded));
    void keepIndex();
  }

  private async compute(file: string, heap: Heap): Promise<void> {
    const data = await computeHeapData(heap, this.tell);
    this.heap = { data, cache: new HeapCache() };
    this.snapshots.push({ file, heap });
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

  /** What grew over all snapshots so far; three or more prove growth, two only suggest it. */
  private async compare(): Promise<void> {
    const files = this.snapshots.map(({ file }) => file);
    this.tell(`comparing ${files.length} snapshots`);
    this.growth = computeGrowthData(this.snapshots.map(({ heap }) => heap));
    const { diff, wholeBytes } = this.growth;
    const caution = diff.sameProcess ? '' : '; NOT of one process: matched by class and retaining path';
    const summary = `${files.length} snapshots: the heap grew ${formatBytesDelta(wholeBytes)}${caution}`;
    this.emit({ type: 'loaded', dataset: 'growth', summary });
    if (files.length < leastSnapshots || !diff.sameProcess) return;
    this.show(await analyseSnapshots(files, { onProgress: this.tell }));
  }

  private readonly tell = (text: string): void => this.emit({ type: 'loading', text });

  show(report: ShownReport): void {
    this.report = report;
    const summary = `${report.verdict.toUpperCase()}: ${report.reasons[0] ?? ''}`;
    this.emit({ type: 'loaded', dataset: 'leaks', summary, report });
  }

  showNow(captures: readonly CpuCapture[]): void {
    this.profiles.showNow(captures);
  }

  async rows(query: ListQuery, order: ListOrder, window: ListWindow, isWanted: () => boolean): Promise<Page> {
    if (this.early !== undefined && isOfHeap(query)) {
      if (query.list === 'classes') return rowPage(this.early.classes, order, window, 1);
      await this.early.rest;
    }
    const page = await this.captured(query, order, window, isWanted);
    if (page !== undefined) return page;
    for (const { lists, whole } of this.results.values()) {
      const rows = lists[query.list];
      if (rows !== undefined) return rowPage(rows, order, window, whole);
    }
    throw new MemwatchError('not-found', 'a saved result does not contain that: open the capture itself');
  }

  /** Rows out of captures; undefined if no capture has them. */
  private captured(
    query: ListQuery,
    order: ListOrder,
    window: ListWindow,
    isWanted: () => boolean,
  ): Promise<Page> | Page | undefined {
    const { heap, report, growth } = this;
    switch (query.list) {
      case 'findings':
        return report && rowPage(report.findings.map(findingRow), order, window, 1);
      case 'grownClasses':
        return growth && rowPage(growth.classes, order, window, growth.wholeBytes);
      case 'grownObjects':
        return growth && rowPage(growth.objects, order, window, growth.wholeBytes);
      case 'changedFunctions':
      case 'changedLines':
      case 'functions':
      case 'callers':
      case 'callees':
      case 'hotLines':
        return this.profiles.page(query, order, window);
      default:
        return heap && heapPage(heap.data, query, order, window, createSlices(isWanted), heap.cache);
    }
  }

  async detail(query: DetailQuery): Promise<Detail> {
    if (query.detail === 'source') return this.source(query.file);
    if (query.detail === 'path' && this.heap !== undefined) return pathDetail(this.heap.data, query.node);
    const steps = query.detail === 'path' ? this.results.get('heap')?.paths?.[query.node] : undefined;
    if (steps !== undefined) return { detail: 'path', steps };
    const graph = query.detail === 'flame' ? this.profiles.flame(query.profile) : undefined;
    if (query.detail === 'flame' && graph !== undefined)
      return flameDetail(graph, query.root, query.columns, query.rows);
    throw new MemwatchError('not-found', `there is no data for ${query.detail}`);
  }

  private source(file: string): Promise<Detail> {
    const profiles = this.profiles.all();
    const results = [...this.results.values()];
    const saved = results.flatMap(({ sources }) => sources.flatMap((one) => (one.file === file ? one.costs : [])));
    return readSource({
      file,
      costs: [...profiles.flatMap((data) => lineCosts(data, file)), ...survivors(this.report, file), ...saved],
      wholeUs: this.profiles.cpuWholeUs() ?? this.results.get('cpu')?.whole ?? 0,
      scripts: profiles.flatMap(({ profile }) => (profile.notes === undefined ? [] : [profile.notes.scripts])),
    });
  }
}
