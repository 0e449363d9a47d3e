/**
 * The growth analysis in a thread of its own, so that the graphs it reads do not appear in the next snapshot of the
 * thread under test. In: files of captures. Out: what grows. The thread ends when it has sent its result.
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
