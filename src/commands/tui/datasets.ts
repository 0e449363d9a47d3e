/** Everything the data thread holds. In: files to open, questions. Out: events when something was loaded, pages, details. */
import { MemwatchError, messageOf } from '../../errors.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { formatBytes, formatCount } from '../../report/units.js';
import type { Detail, DetailQuery, ListOrder, ListQuery, ListWindow, Page, ProviderEvent } from '../../tui/provider.js';
import { HeapCache } from './cache.js';
import { readHeapData, type HeapData } from './heap-data.js';
import { findingsPage } from './finding-list.js';
import { heapPage } from './heap-lists.js';
import { pathDetail } from './heap-rows.js';
import { createSlices } from './ordering.js';

type Emit = (event: ProviderEvent) => void;

export class Datasets {
  private report: LeakReport | undefined;
  private heap: { readonly data: HeapData; readonly cache: HeapCache } | undefined;

  constructor(private readonly emit: Emit) {}

  async open(files: readonly string[]): Promise<void> {
    try {
      for (const file of files) await this.openHeap(file);
    } catch (error) {
      const hint = error instanceof MemwatchError ? error.hint : undefined;
      this.emit({ type: 'failed', message: messageOf(error), hint });
    }
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
      default:
        break;
    }
    throw new MemwatchError('not-found', `there is no data for ${query.list}`);
  }

  async detail(query: DetailQuery): Promise<Detail> {
    if (query.detail === 'path' && this.heap !== undefined) return pathDetail(this.heap.data, query.node);
    throw new MemwatchError('not-found', `there is no data for ${query.detail}`);
  }
}
