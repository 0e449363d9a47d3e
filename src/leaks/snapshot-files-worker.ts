/** The thread of a live analysis: analyses the snapshots that it was started with, sends the report back, and ends. */
import { workerData } from 'node:worker_threads';
import { answerFromThread } from '../thread.js';
import { compareSnapshots, type AnalyseOptions } from './snapshot-files.js';

const { files, options } = workerData as { files: readonly string[]; options: AnalyseOptions };
await answerFromThread((onProgress) => compareSnapshots(files, { ...options, onProgress }));
