/**
 * What all Providers share: captures in the data thread, and saving of screens. In: paths. Out: rows, details, files.
 */
import type { CpuCapture } from '../../agent/capture/cpu-profile.js';
import { writeOutput } from '../../files/output.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import type { ProviderEvent, SaveFormat } from '../../tui/state/provider.js';
import type { Detail, DetailQuery } from '../../tui/state/detail.js';
import type { ListOrder, ListQuery, ListWindow, Page } from '../../tui/state/lists.js';
import type { OpenOptions } from './messages.js';
import { endedDataThread, startDataThread, type DataClient } from './data-client.js';

/** Lists and details from captures, whatever their source. */
export class CaptureProvider {
  private data: DataClient | undefined;
  protected emit: (event: ProviderEvent) => void = () => {};

  start(emit: (event: ProviderEvent) => void): void {
    this.emit = emit;
  }

  /** The data thread looks at the files. Throws if one of them cannot be shown. */
  protected async check(files: readonly string[]): Promise<void> {
    await this.thread().ask({ ask: 'check', files });
  }

  /** Reads captures and shows them; the promise resolves when they are read. */
  async open(files: readonly string[], options: OpenOptions = {}): Promise<void> {
    await this.thread().ask({ ask: 'open', files, ...options });
  }

  /** Reads a snapshot without switching to it; errors are ignored, because the user did not ask for it. */
  async openAside(file: string): Promise<void> {
    await this.thread()
      .ask({ ask: 'openAside', file })
      .catch(() => {});
  }

  /** Shows the report of a search for leaks. */
  async show(report: LeakReport): Promise<void> {
    await this.thread().ask({ ask: 'show', report });
  }

  /** Shows what ran in the last seconds. */
  protected async showNow(captures: readonly CpuCapture[]): Promise<void> {
    await this.thread().ask({ ask: 'now', captures });
  }

  async rows(query: ListQuery, order: ListOrder, window: ListWindow): Promise<Page> {
    return (await this.thread().ask({ ask: 'rows', query, order, window })) as Page;
  }

  async detail(query: DetailQuery): Promise<Detail> {
    return (await this.thread().ask({ ask: 'detail', query })) as Detail;
  }

  /** Ends the thread in the middle of its work; what it had loaded is lost. */
  cancelLoading(): void {
    void this.data?.end();
    this.data = undefined;
    this.emit({ type: 'failed', message: 'stopped loading', hint: undefined });
  }

  async save(format: SaveFormat, title: string, lines: readonly string[]): Promise<string> {
    const { savedScreen } = await import('./data/saved-screen.js');
    const { file, text } = savedScreen(format, title, lines, new Date());
    writeOutput(file, text);
    return file;
  }

  /** From now on nothing is opened: an action that ends now could have written a capture. */
  async close(): Promise<void> {
    const { data } = this;
    this.data = endedDataThread;
    await data?.end();
  }

  private thread(): DataClient {
    return (this.data ??= startDataThread((event) => this.emit(event)));
  }
}
