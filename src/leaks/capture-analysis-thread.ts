/**
 * The growth analysis in a thread of its own, so that a signal reaches memwatch meanwhile. In: files of captures. Out: what
 * grows. A thread that stays reads each capture while the subject works; one for each question leaves nothing in the thread
 * under test: the graphs would appear in its next snapshot, or in its memory.
 */
import type { CodePosition } from '../analyzer/model/check.js';
import { startThread, type Thread } from '../thread.js';
import type { Analysis, Growth } from './subject.js';

export type AnalysisMessage =
  | { readonly file: string }
  | { readonly work: readonly number[]; readonly body: CodePosition | null };

const worker = new URL('capture-analysis-worker.js', import.meta.url);

/** To be ended. */
export const startAnalysis = (signal?: AbortSignal): { analysis: Analysis; end(): Promise<void> } => {
  const thread = startThread(worker, signal);
  return { analysis: { add: (file) => thread.tell({ file }), growth: ask(thread) }, end: thread.end };
};

export const createThreadAnalysis = (signal?: AbortSignal): Analysis => {
  const files: string[] = []; // only names: anything else would be in the next snapshot
  return {
    add: (file) => void files.push(file),
    growth: async (work, body) => {
      const { analysis, end } = startAnalysis(signal);
      try {
        files.forEach(analysis.add);
        return await analysis.growth(work, body);
      } finally {
        await end();
      }
    },
  };
};

const ask =
  (thread: Thread): Analysis['growth'] =>
  async (work, body) =>
    (await thread.ask({ work, body } satisfies AnalysisMessage)) as Growth;
