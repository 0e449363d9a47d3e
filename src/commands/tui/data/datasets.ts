/**
 * Everything the data thread holds. In: files to open, requests. Out: events when something was loaded, pages, details.
 */
import type { CpuCapture } from '../../../agent/capture/cpu-profile.js';
import { MemwatchError, messageOf } from '../../../errors.js';
import type { Dataset, ProviderEvent, ShownReport } from '../../../tui/state/provider.js';
import type { Detail, DetailQuery, LineCost } from '../../../tui/state/detail.js';
import type { FindingRow, ListOrder, ListQuery, ListWindow, Page } from '../../../tui/state/lists.js';
import type { OpenOptions } from '../messages.js';
import { kindOf, type CaptureKind } from './capture-kind.js';
import { flameDetail } from './flame-data.js';
import { lineCosts, type ProfileData } from './profile-data.js';
import { Profiles } from './profiles.js';
import { rowPage } from './row-list.js';
import type { SavedResult } from './saved-result.js';
import type { Snapshots } from './snapshots.js';
import { readSource } from './source-data.js';

type Emit = (event: ProviderEvent) => void;

/** Lines whose allocations are still alive; used if no allocation profile says more. */
const survivors = (report: ShownReport | undefined, file: string): LineCost[] =>
  (report?.findings ?? []).flatMap((finding) =>
    finding.allocationSites.flatMap((site) => (site.file === file ? [{ line: site.line, bytes: site.bytes }] : [])),
  );

const findingRow = (finding: FindingRow['finding']): FindingRow => ({ kind: 'finding', finding });

export class Datasets {
  /** From the first snapshot on. */
  private snapshots: Promise<Snapshots> | undefined;
  private report: ShownReport | undefined;
  private readonly results = new Map<Dataset, SavedResult>();
  private readonly profiles: Profiles;
  /** Of files that were checked and not yet opened. */
  private readonly kinds = new Map<string, CaptureKind>();

  constructor(private readonly emit: Emit) {
    this.profiles = new Profiles(emit);
  }

  /** Throws, as `kindOf` does, if one of the files cannot be shown. */
  async check(files: readonly string[]): Promise<void> {
    for (const file of files) this.kinds.set(file, await kindOf(file));
  }

  /** An event reports what cannot be read; the rest is shown. */
  async open(files: readonly string[], options: OpenOptions = {}): Promise<void> {
    const before = await this.countSnapshots();
    const profiles: ProfileData[] = [];
    for (const file of files)
      await this.attempt(async () => void profiles.push(...(await this.openOne(file, options, files.length > 1))));
    const count = await this.countSnapshots();
    if (count > before && count > 1) await this.attempt(() => this.compare());
    else if (count > before && files.length > 1) this.emit({ type: 'show', tab: 'heap' });
    const [first, second] = profiles;
    if (first !== undefined && second !== undefined)
      await this.attempt(async () => this.profiles.compare(first, second));
  }

  async openAside(file: string): Promise<void> {
    await (await this.loadSnapshots()).openAside(file);
  }

  private loadSnapshots(): Promise<Snapshots> {
    const load = async (): Promise<Snapshots> => new (await import('./snapshots.js')).Snapshots(this.emit);
    return (this.snapshots ??= load());
  }

  private async countSnapshots(): Promise<number> {
    return (await this.snapshots)?.count ?? 0;
  }

  private async compare(): Promise<void> {
    const report = await (await this.loadSnapshots()).compare();
    if (report !== undefined) this.show(report);
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
    const kind = this.kinds.get(file) ?? (await kindOf(file));
    this.kinds.delete(file);
    if (kind.kind === 'snapshot') await (await this.loadSnapshots()).open(file, index, isOneOfSeveral);
    else if (kind.kind === 'leaks') this.show(kind.report);
    else if (kind.kind === 'result') this.openResult(kind.result);
    else {
      this.emit({ type: 'loading', text: `reading ${file}` });
      return [this.profiles.open(file, kind.read(), type)];
    }
    return [];
  }

  private openResult(result: SavedResult): void {
    this.results.set(result.dataset, result);
    this.emit({ type: 'loaded', dataset: result.dataset, summary: result.summary });
    if (result.lists.functions?.length === 0) this.emit({ type: 'show', tab: 'lines' });
  }

  show(report: ShownReport): void {
    this.report = report;
    const summary = `${report.verdict.toUpperCase()}: ${report.reasons[0] ?? ''}`;
    this.emit({ type: 'loaded', dataset: 'leaks', summary, report });
  }

  showNow(captures: readonly CpuCapture[]): void {
    this.profiles.showNow(captures);
  }

  async rows(query: ListQuery, order: ListOrder, window: ListWindow, isWanted: () => boolean): Promise<Page> {
    const page = await this.captured(query, order, window, isWanted);
    if (page !== undefined) return page;
    for (const { lists, whole } of this.results.values()) {
      const rows = lists[query.list];
      if (rows !== undefined) return rowPage(rows, order, window, whole);
    }
    throw new MemwatchError('not-found', 'a saved result does not contain that: open the capture itself');
  }

  /** Rows out of captures; undefined if no capture has them. */
  private async captured(
    query: ListQuery,
    order: ListOrder,
    window: ListWindow,
    isWanted: () => boolean,
  ): Promise<Page | undefined> {
    const { report } = this;
    switch (query.list) {
      case 'findings':
        return report && rowPage(report.findings.map(findingRow), order, window, 1);
      case 'grownClasses':
      case 'grownObjects':
        return (await this.snapshots)?.grownPage(query.list, order, window);
      case 'changedFunctions':
      case 'changedLines':
      case 'functions':
      case 'callers':
      case 'callees':
      case 'hotLines':
        return this.profiles.page(query, order, window);
      default:
        return (await this.snapshots)?.page(query, order, window, isWanted);
    }
  }

  async detail(query: DetailQuery): Promise<Detail> {
    if (query.detail === 'source') return this.source(query.file);
    if (query.detail === 'path') {
      const path = (await this.snapshots)?.path(query.node);
      if (path !== undefined) return path;
    }
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
