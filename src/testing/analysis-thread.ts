/**
 * The growth analysis in a thread of its own, so that the graphs it reads are not in the next snapshot of the thread
 * that is tested. In: captures. Out: what grows. The thread is gone when it has answered.
 */
import { answerOfThread } from '../commands/thread.js';
import type { Analysis, Capture, Growth } from './subject.js';

export const createThreadAnalysis = (signal?: AbortSignal): Analysis => {
  const captures: Capture[] = [];
  return {
    add: (capture) => void captures.push(capture),
    growth: async (work, body) => {
      const file = new URL('analysis-worker.js', import.meta.url);
      return (await answerOfThread(file, { captures, work, body }, { signal })) as Growth;
    },
  };
};
