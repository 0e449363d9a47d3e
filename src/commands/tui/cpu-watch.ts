/**
 * What the threads of a process run, again and again, until it is paused. In: an attachment. Out: the captures of each window
 * of some seconds, one window after another.
 */
import { once } from 'node:events';
import type { Attachment } from '../../agent/attach/attach.js';
import type { CpuCapture } from '../../agent/capture/cpu-profile.js';

const windowMs = 2000;

export interface CpuWatchOptions {
  readonly show: (captures: readonly CpuCapture[]) => Promise<void>;
  /** It began, or it ended. */
  readonly onChange: (on: boolean) => void;
  /** Resolves when no action runs: what one measures is measured alone. */
  readonly idle: () => Promise<unknown>;
}

export class CpuWatch {
  private over: AbortController | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly options: CpuWatchOptions) {}

  /** Starts, or pauses. Resolves, with nothing to say, when the first window is shown, or when none will be. */
  async toggle(attachment: Attachment, signal: AbortSignal): Promise<string> {
    if (this.over === undefined) await this.start(attachment, signal);
    else await this.end();
    return '';
  }

  /** Resolves when nothing is sampled any more. */
  async end(): Promise<void> {
    this.over?.abort();
    await this.work;
  }

  private async start(attachment: Attachment, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    this.over = over;
    signal.addEventListener('abort', () => over.abort(), { once: true });
    this.options.onChange(true);
    await new Promise<void>((shown) => {
      this.work = this.watch(attachment, over.signal, shown)
        .catch(() => {}) // the connection broke, which the screen says anyway
        .finally(() => {
          this.over = undefined;
          this.options.onChange(false);
          shown();
        });
    });
  }

  private async watch(attachment: Attachment, signal: AbortSignal, shown: () => void): Promise<void> {
    const allThreads = attachment.worker === undefined;
    const paused = once(signal, 'abort');
    const { watchCpu } = await import('../../agent/capture/cpu-windows.js');
    for await (const captures of watchCpu(attachment, { windowMs, intervalUs: 1000, allThreads, signal })) {
      if (signal.aborted) return;
      await this.options.show(captures);
      shown();
      await Promise.race([this.options.idle(), paused]);
    }
  }
}
