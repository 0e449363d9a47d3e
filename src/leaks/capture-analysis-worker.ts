/**
 * The thread of capture-analysis-thread.ts: analyses the captures that it was started with, sends the result back, and
 * ends.
 */
import { workerData } from 'node:worker_threads';
import { answerFromThread } from '../thread.js';
import { createAnalysis } from './capture-analysis.js';
import type { CodePosition } from '../analyzer/model/check.js';

const { files, work, body } = workerData as {
  files: readonly string[];
  work: readonly number[];
  body: CodePosition | null;
};
const analysis = createAnalysis();
for (const file of files) analysis.add(file);
await answerFromThread(() => analysis.growth(work, body));
