/** Everything the data thread holds. In: files to open, questions. Out: events when something was loaded, pages, details. */
import { MemwatchError, messageOf } from '../../errors.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { formatBytes, formatCount, formatDuration } from '../../report/units.js';
import type {
  Detail,
  DetailQuery,
  ListOrder,
  ListQuery,
  ListWindow,
  Page,
  ProfileName,
  ProviderEvent,
} from '../../tui/provider.js';
import { HeapCache } from './cache.js';
import { kindOf } from './capture-kind.js';
import { findingsPage } from './finding-list.js';
import { flameDetail } from './flame-data.js';
import { readHeapData, type HeapData } from './heap-data.js';
import { heapPage } from './heap-lists.js';
import { pathDetail } from './heap-rows.js';
import { createSlices } from './ordering.js';
import { lineCosts, profilePage, readProfileData, type ProfileData } from './profile-data.js';
import { readSource } from './source-data.js';

type Emit = (event: ProviderEvent) => void;

export class Datasets {
  private heap: { readonly data: HeapData; readonly cache: HeapCache } | undefined;
  private report: LeakReport | undefined;
  private readonly profiles = new Map<ProfileName, ProfileData>();

  constructor(private readonly emit: Emit) {}

  /** What cannot be read is told by an event; what can be is shown. */
  async open(files: readonly string[]): Promise<void> {
    for (const file of files) {
      try {
        await this.openOne(file);
      } catch (error) {
        const hint = error instanceof MemwatchError ? error.hint : undefined;
        this.emit({ type: 'failed', message: messageOf(error), hint });
      }
    }
  }

  private async openOne(file: string): Promise<void> {
    const kind = await kindOf(file);
    if (kind.kind === 'snapshot') return this.openHeap(file);
    if (kind.kind === 'leaks') return this.show(kind.report);
    this.emit({ type: 'loading', text: `reading ${file}`, share: undefined });
    const data = await readProfileData(file);
    const { profile, whole } = data;
    const name = profile.values[0].unit === 'bytes' ? 'alloc' : 'cpu';
    this.profiles.set(name, data);
    const total = profile.values[0].unit === 'bytes' ? formatBytes(whole) : formatDuration(whole);
    const over = profile.durationUs === 0 ? '' : ` in ${formatDuration(profile.durationUs)}`;
    const what = name === 'cpu' ? 'busy' : 'allocated';
    this.emit({ type: 'loaded', dataset: name, summary: `${file}: ${total} ${what}${over}` });
  }

  private async openHeap(file: string): Promise<void> {
    const data = await readHeapData(file, (text, share) => this.emit({ type: 'loading', text, share }));
    this.heap = { data, cache: new HeapCache() };
    const { nodeCount, edgeCount } = data.heap.graph;
    const summary = `${file}: ${formatBytes(data.totalBytes)}, ${formatCount(nodeCount)} objects, ${formatCount(edgeCount)} references`;
    this.emit({ type: 'loaded', dataset: 'heap', summary });
  }

  show(report: LeakReport): void {
    this.report = report;
    const summary = `${report.verdict.toUpperCase()}: ${report.reasons[0] ?? ''}`;
    this.emit({ type: 'loaded', dataset: 'leaks', summary, report });
  }

  async rows(query: ListQuery, order: ListOrder, window: ListWindow, isWanted: () => boolean): Promise<Page> {
    switch (query.list) {
      case 'classes':
      case 'biggest':
      case 'objects':
      case 'dominators':
      case 'fields':
      case 'retainers':
        if (this.heap === undefined) break;
        return heapPage(this.heap.data, query, order, window, createSlices(isWanted), this.heap.cache);
      case 'findings':
        if (this.report === undefined) break;
        return findingsPage(this.report, order, window);
      case 'functions':
      case 'callers':
      case 'callees':
      case 'hotLines': {
        const data = this.profiles.get(query.profile);
        if (data === undefined) break;
        return profilePage(data, query, order, window);
      }
      default:
        break;
    }
    throw new MemwatchError('not-found', `there is no data for ${query.list}`);
  }

  async detail(query: DetailQuery): Promise<Detail> {
    if (query.detail === 'source') return this.source(query.file);
    if (query.detail === 'path' && this.heap !== undefined) return pathDetail(this.heap.data, query.node);
    const data = query.detail === 'flame' ? this.profiles.get(query.profile) : undefined;
    if (query.detail === 'flame' && data !== undefined) {
      return flameDetail(data.flame, query.root, query.columns, query.rows);
    }
    throw new MemwatchError('not-found', `there is no data for ${query.detail}`);
  }

  private source(file: string): Promise<Detail> {
    const profiles = [...this.profiles.values()];
    return readSource({
      file,
      costs: profiles.flatMap((data) => lineCosts(data, file)),
      wholeUs: this.profiles.get('cpu')?.whole ?? 0,
      scripts: profiles.flatMap(({ profile }) => (profile.notes === undefined ? [] : [profile.notes.scripts])),
    });
  }
}
