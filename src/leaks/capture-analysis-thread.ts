/**
 * The growth analysis in a thread of its own, so that the graphs it reads are not in the next snapshot of the thread
 * that is tested. In: files of captures. Out: what grows. The thread is gone when it has answered.
 */
import { answerOfThread } from '../thread.js';
import type { Analysis, Growth } from './subject.js';

export const createThreadAnalysis = (signal?: AbortSignal): Analysis => {
  const files: string[] = []; // names alone: what stood here would be in the next snapshot
  return {
    add: (file) => void files.push(file),
    growth: async (work, body) => {
      const worker = new URL('capture-analysis-worker.js', import.meta.url);
      return (await answerOfThread(worker, { files, work, body }, { signal })) as Growth;
    },
  };
};
