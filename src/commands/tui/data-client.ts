/** The data thread as seen from the screen's thread: requests return promises, events call a function. */
import { Worker } from 'node:worker_threads';
import { MemwatchError } from '../../errors.js';
import type { ProviderEvent } from '../../tui/state/provider.js';
import type { FromWorker, Request } from './messages.js';

export interface DataClient {
  ask(request: Request): Promise<unknown>;
  /** Ends the thread at once; pending requests are interrupted. */
  end(): Promise<void>;
}

export const startDataThread = (onEvent: (event: ProviderEvent) => void): DataClient => {
  const worker = new Worker(new URL('data/data-worker.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 8192 }, // rows of text; columns live outside the heap
  });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const rejectAll = (error: Error): void => {
    for (const question of open.values()) question.reject(error);
    open.clear();
  };
  let lastId = 0;
  worker.on('message', (message: FromWorker) => {
    if ('event' in message) return onEvent(message.event);
    const question = open.get(message.id);
    open.delete(message.id);
    if ('answer' in message) question?.resolve(message.answer);
    else question?.reject(new MemwatchError(message.error.code, message.error.message, message.error));
  });
  worker.on('error', (error) => rejectAll(error));
  worker.on('exit', () => rejectAll(stopped()));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        open.set(++lastId, { resolve, reject });
        worker.postMessage({ id: lastId, ...request });
      }),
    end: async () => {
      await worker.terminate();
    },
  };
};

const stopped = (): MemwatchError => new MemwatchError('interrupted', 'stopped');

/** Returns nothing. */
export const endedDataThread: DataClient = { ask: () => Promise.reject(stopped()), end: async () => {} };
