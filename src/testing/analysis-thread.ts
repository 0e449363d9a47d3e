/**
 * The growth analysis in a thread of its own, so that the graphs it reads are not in the next snapshot of the thread
 * that is tested. In: captures. Out: what grows. The thread is gone when it has answered.
 */
import { answerOfThread } from '../commands/thread.js';
import type { FindGrowth, Growth } from './subject.js';

export const analyseInWorker =
  (signal?: AbortSignal): FindGrowth =>
  async (captures, work, body) => {
    const file = new URL('analysis-worker.js', import.meta.url);
    return (await answerOfThread(file, { captures, work, body }, { signal })) as Growth;
  };
