/**
 * Runs a command of memwatch while the screen continues. In: its arguments. Out: the document that --json prints. It runs
 * in a thread of its own: its work does not block the screen, and its memory is freed when it is over.
 */
import { Worker } from 'node:worker_threads';
import { MemwatchError, type ErrorCode } from '../../errors.js';
import type { RunOptions } from '../../tui/state/provider.js';
import type { FromCommand } from './messages.js';

/**
 * After Esc, a command has this long to undo what it did to the target; after that, the guard in the target does it. The
 * end of memwatch does not wait for it.
 */
export const undoMs = 5000;

const stillBusy = 'stopped; the process finishes what V8 has started, and what memwatch opened there closes by itself';

export const runCommand = (
  argv: readonly string[],
  { signal, onProgress, onWarning = onProgress }: RunOptions & { readonly onWarning?: (text: string) => void },
): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('command-worker.js', import.meta.url), { workerData: { argv } });
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      worker.postMessage('stop');
      timer = setTimeout(() => {
        reject(new MemwatchError('interrupted', stillBusy));
        void worker.terminate();
      }, undoMs).unref();
      worker.unref();
    };
    signal.addEventListener('abort', stop, { once: true });
    const interrupted = new MemwatchError('interrupted', 'stopped');
    worker.on('message', (message: FromCommand) => {
      if ('progress' in message) onProgress(message.progress);
      else if ('warning' in message) onWarning(message.warning);
      else if ('document' in message) resolve(message.document);
      else reject(new MemwatchError(message.error.code as ErrorCode, message.error.message, message.error));
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      reject(interrupted); // does nothing if the document has arrived
    });
    if (signal.aborted) stop();
  });
