/**
 * The body of a test as a subject: it runs in the process and thread of the test itself, alongside other tests. In: a
 * body. Out: a subject whose readings hold only what belongs to this thread.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { callRepeatedly, openingsOfCalls } from '../agent/scenario/calls.js';
import { readOwnCounters, type OwnProcess } from '../agent/capture/own-process.js';
import type { Subject } from './subject.js';

export type Body = (i: number) => unknown;

export const bodySubject = async (body: Body, step: number | null, own: OwnProcess): Promise<Subject> => {
  let calls = 0;
  return {
    step,
    body: await own.locate(body),
    async run(iterations, each, atMostMs) {
      const done = await callRepeatedly(body, { first: calls, iterations, step: each, atMostMs });
      calls += done.iterations;
      return done;
    },
    openings: (of, iterations, each) => openingsOfCalls(body, of, { first: calls, iterations, step: each }),
    rest: (ms) => sleep(ms),
    async read() {
      await own.collectGarbage();
      // threads, files and resident memory belong to the whole process: other tests and the analysis change them
      return { ...readOwnCounters(), rssBytes: null, threads: null, fileDescriptors: null, childProcesses: null };
    },
    snapshot: own.captureSnapshot,
    startSampling: own.startSampling,
    survivors: own.survivors,
  };
};
