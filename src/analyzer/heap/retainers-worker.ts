/** The second thread of threads.ts: turns the edges of a graph round while the first walks it. */
import { parentPort, workerData } from 'node:worker_threads';
import { computeRetainers, type RetainersInput } from './retainers.js';

const { graph, bits } = workerData as { graph: RetainersInput; bits: Uint32Array };
const retainers = computeRetainers(graph, { bits });
const buffers = Object.values(retainers).map(({ buffer }) => buffer);
parentPort?.postMessage(
  retainers,
  buffers.filter((buffer) => buffer instanceof ArrayBuffer),
);
