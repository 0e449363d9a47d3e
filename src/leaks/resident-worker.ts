/** A thread that reads the resident memory of a process all the time, until it is told to stop. */
import { workerData } from 'node:worker_threads';
import type { ResidentHistory } from '../analyzer/model/resident.js';
import { answerFromThread } from '../thread.js';
import { openResident } from '../agent/process/resident.js';

export interface ResidentTask {
  readonly pid: number;
  /** The thread ends when this is no longer 0. */
  readonly stop: Int32Array;
}

/** Each reading takes about 20 us, and Linux adds 50 us to each wait. */
const waitMs = 0.05;

const follow = ({ pid, stop }: ResidentTask): ResidentHistory => {
  const resident = openResident(pid);
  const changes = [];
  const startUs = nowUs();
  let before = { atUs: startUs, bytes: resident?.read() ?? NaN };
  while (Atomics.wait(stop, 0, 0, waitMs) === 'timed-out') {
    const now = { bytes: resident?.read() ?? NaN, atUs: nowUs() };
    if (Number.isNaN(now.bytes)) break;
    const bytes = now.bytes - before.bytes;
    if (bytes !== 0) changes.push({ fromUs: before.atUs, toUs: now.atUs, bytes });
    before = now;
  }
  resident?.close();
  return { changes, seconds: (before.atUs - startUs) / 1e6 };
};

/** CLOCK_MONOTONIC, as in V8's profiles. */
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

await answerFromThread(async () => follow(workerData as ResidentTask));
