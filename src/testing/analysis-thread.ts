/**
 * The growth analysis in a thread of its own, so that the graphs it reads are not in the next snapshot of the thread
 * that is tested. In: captures. Out: what grows. The thread is gone when it has answered.
 */
import { Worker } from 'node:worker_threads';
import { MemwatchError, messageOf } from '../errors.js';
import type { FindGrowth, Growth } from './subject.js';

export const analyseInWorker =
  (signal?: AbortSignal): FindGrowth =>
  async (captures, work, body) => {
    const worker = new Worker(new URL('analysis-worker.js', import.meta.url), {
      workerData: { captures, work, body },
      execArgv: [],
      stdout: false,
      stderr: false,
    });
    const stop = (): void => void worker.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await answerOf(worker);
    } finally {
      signal?.removeEventListener('abort', stop);
      await worker.terminate();
    }
  };

const answerOf = (worker: Worker): Promise<Growth> =>
  new Promise((resolve, reject) => {
    worker.once('message', (growth) => resolve(growth as Growth));
    worker.once('error', reject);
    worker.once('exit', () => reject(new MemwatchError('interrupted', 'the analysis was stopped')));
  }).catch((error: unknown) => {
    if (error instanceof MemwatchError) throw error;
    throw new MemwatchError('target-error', `the analysis of the snapshots failed: ${messageOf(error)}`, {
      cause: error,
    });
  }) as Promise<Growth>;
