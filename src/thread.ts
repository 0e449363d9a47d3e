/**
 * Heavy work in a thread of its own, so that the calling thread can keep sending the target heartbeats and react to
 * Ctrl-C. In: the thread's file and its input. Out: the one result that it sends; the thread ends then.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { MemwatchError, messageOf, type ErrorCode } from './errors.js';

export interface ThreadOptions {
  /** Ends the thread; `interrupted` is thrown. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

type Message =
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | Failed;

interface Failed {
  readonly kind: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Returns the thread's result. Throws what the thread throws. */
export const answerOfThread = async (file: URL, workerData: unknown, options: ThreadOptions = {}): Promise<unknown> => {
  const worker = new Worker(file, { workerData, execArgv: [] });
  const stop = (): void => void worker.terminate();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    return await firstAnswer(worker, options.onProgress);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
};

const firstAnswer = (worker: Worker, onProgress: ThreadOptions['onProgress']): Promise<unknown> =>
  new Promise((resolve, reject) => {
    worker.on('message', (message: Message) => {
      if (message.kind === 'progress') onProgress?.(message.text);
      else if (message.kind === 'answer') resolve(message.answer);
      else reject(failureOf(message));
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(stopped()));
  });

export interface Thread {
  tell(message: unknown): void;
  /** One question at a time. Throws what the thread throws, and `interrupted` if it was ended. */
  ask(message: unknown): Promise<unknown>;
  end(): Promise<void>;
}

/** A thread that answers questions until it is ended. An abort ends it. */
export const startThread = (file: URL, signal?: AbortSignal): Thread => {
  const worker = new Worker(file, { execArgv: [] });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  const ended = new Promise<never>((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(stopped()));
  });
  ended.catch(() => {}); // `ask` throws it
  return {
    tell: (message) => worker.postMessage(message),
    ask: (message) => {
      const answer = new Promise((resolve, reject) => {
        worker.once('message', (reply: Message) => {
          if (reply.kind === 'answer') resolve(reply.answer);
          else reject(reply.kind === 'failed' ? failureOf(reply) : stopped());
        });
      });
      worker.postMessage(message);
      return Promise.race([answer, ended]);
    },
    end: async () => {
      signal?.removeEventListener('abort', stop);
      await worker.terminate();
    },
  };
};

const stopped = (): MemwatchError => new MemwatchError('interrupted', 'the analysis was stopped');

const failureOf = ({ code, message, hint }: Failed): MemwatchError => new MemwatchError(code, message, { hint });

/**
 * Runs in the thread: does the work and sends its result, or what it threw. Columns that `handOver` names are moved, not
 * copied.
 */
export const answerFromThread = async <Answer>(
  work: (onProgress: (text: string) => void) => Promise<Answer>,
  handOver: (answer: Answer) => readonly ArrayBufferView[] = () => [],
): Promise<void> => {
  const send = (message: Message, moved: readonly ArrayBufferView[] = []): void => {
    const buffers = moved.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
    parentPort?.postMessage(message, buffers);
  };
  try {
    const answer = await work((text) => send({ kind: 'progress', text }));
    send({ kind: 'answer', answer }, handOver(answer));
  } catch (error) {
    if (!(error instanceof MemwatchError)) throw error;
    send({ kind: 'failed', code: error.code, message: messageOf(error), hint: error.hint });
  }
};
