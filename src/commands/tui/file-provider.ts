/** The Provider of files: `memwatch view`. In: paths. Out: what the terminal UI asks for. */
import { MemwatchError } from '../../errors.js';
import type { Provider, ProviderEvent } from '../../tui/state/provider.js';
import type { OpenOptions } from './messages.js';
import { CaptureProvider } from './capture-provider.js';

export class FileProvider extends CaptureProvider implements Provider {
  readonly live = false;
  readonly title: string;

  constructor(
    private readonly files: readonly string[],
    private readonly options: OpenOptions = {},
  ) {
    super();
    this.title = files.join(' ');
  }

  /** To be called before the screen is touched. Throws if one of the files cannot be shown. */
  checkFiles(): Promise<void> {
    return this.check(this.files);
  }

  override start(emit: (event: ProviderEvent) => void): void {
    super.start(emit);
    const tab = tabOf(this.files);
    if (tab !== undefined) emit({ type: 'show', tab }); // the screen waits under the name of what will come
    void this.openAll();
  }

  /** If no file could be read, there is nothing to show, and the screen closes. */
  private async openAll(): Promise<void> {
    let loaded = false;
    let failure: Extract<ProviderEvent, { type: 'failed' }> | undefined;
    const emit = this.emit;
    this.emit = (event) => {
      loaded ||= event.type === 'loaded';
      if (event.type === 'failed') failure ??= event;
      emit(event);
    };
    try {
      await this.open(this.files, this.options);
    } catch {
      return; // the user stopped it, and the screen has said so
    }
    if (!loaded && failure !== undefined) emit({ ...failure, type: 'hopeless' });
  }

  async estimate(): Promise<undefined> {
    return undefined;
  }

  async run(): Promise<string> {
    throw new MemwatchError('bad-argument', 'this needs a running process', { hint: 'memwatch attach PID' });
  }

  async chooseThread(_id: string): Promise<void> {}
}

/** What the files' names say about what they hold. */
const tabOf = (files: readonly string[]): 'heap' | 'growth' | 'cpu' | undefined => {
  if (files.every((file) => /\.heapsnapshot(\.gz)?$/.test(file))) return files.length === 1 ? 'heap' : 'growth';
  return files.every((file) => /\.(cpu|heap)profile$/.test(file)) ? 'cpu' : undefined;
};
