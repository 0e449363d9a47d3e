/** The second thread of threads.ts: turns the edges of a graph round while the first walks it. */
import { parentPort, workerData } from 'node:worker_threads';
import { computeRetainers, type RetainersInput } from './retainers.js';

const { graph, bits } = workerData as { graph: RetainersInput; bits: Uint32Array };
parentPort?.postMessage(computeRetainers(graph, { bits }));
