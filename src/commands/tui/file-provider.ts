/** The Provider of files: `memwatch view`. In: paths. Out: what the terminal UI asks for. */
import { MemwatchError } from '../../errors.js';
import type { Provider, ProviderEvent } from '../../tui/provider.js';
import { CaptureProvider } from './capture-provider.js';

export class FileProvider extends CaptureProvider implements Provider {
  readonly live = false;
  readonly title: string;

  constructor(private readonly files: readonly string[]) {
    super();
    this.title = files.join(' ');
  }

  override start(emit: (event: ProviderEvent) => void): void {
    super.start(emit);
    this.open(this.files).catch(() => {}); // told by an event
  }

  async estimate(): Promise<undefined> {
    return undefined;
  }

  async run(): Promise<string> {
    throw new MemwatchError('bad-argument', 'this needs a running process', { hint: 'memwatch attach PID' });
  }

  async chooseThread(): Promise<void> {}
}
