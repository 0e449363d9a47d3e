/** The thread of capture-analysis-thread.ts: takes the names of captures, and analyses them when it is asked. */
import { parentPort } from 'node:worker_threads';
import { answerFromThread } from '../thread.js';
import { createAnalysis } from './capture-analysis.js';
import type { AnalysisMessage } from './capture-analysis-thread.js';

const analysis = createAnalysis();
parentPort?.on('message', (message: AnalysisMessage) => {
  if ('file' in message) analysis.add(message.file);
  else void answerFromThread(() => analysis.growth(message.work, message.body));
});
