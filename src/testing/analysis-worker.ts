/** The thread of analysis-thread.ts: analyses the captures that it was started with, answers, and ends. */
import { workerData } from 'node:worker_threads';
import { answerFromThread } from '../commands/thread.js';
import { createAnalysis } from './analysis.js';
import type { CodePosition } from '../analyzer/model/check.js';
import type { Capture } from './subject.js';

const { captures, work, body } = workerData as {
  captures: readonly Capture[];
  work: readonly number[];
  body: CodePosition | null;
};
const analysis = createAnalysis();
for (const capture of captures) analysis.add(capture);
await answerFromThread(() => analysis.growth(work, body));
