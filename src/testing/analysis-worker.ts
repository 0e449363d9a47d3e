/** The thread of analysis-thread.ts: analyses the captures that it was started with, answers, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { findGrowthInCaptures } from './analysis.js';
import type { CodePosition } from '../analyzer/model/check.js';
import type { Capture } from './subject.js';

const { captures, work, body } = workerData as {
  captures: readonly Capture[];
  work: readonly number[];
  body: CodePosition | null;
};
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(await findGrowthInCaptures()(captures, work, body));
