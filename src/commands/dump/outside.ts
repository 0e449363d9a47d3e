/** What the kernel knows about the threads of a process whose inspector does not answer. In: a pid. Out: a ProcessDump. */
import { setTimeout as sleep } from 'node:timers/promises';
import { childProcessIds, isInInnerLoop } from '../../agent/process/proc.js';
import { readThreads } from '../../agent/process/threads.js';
import { describeThread } from '../../analyzer/cost/thread-dump.js';
import type { ProcessDump } from '../../analyzer/model/dump.js';
import { MemwatchError } from '../../errors.js';
import { documentOf } from './document.js';

/** Between two looks at the processor time of the threads. */
const lookMs = 200;

export const dumpFromOutside = async (pid: number, error: unknown): Promise<ProcessDump> => {
  const before = readThreads(pid);
  const begun = performance.now();
  await sleep(lookMs);
  const elapsedUs = (performance.now() - begun) * 1000;
  const hasChildren = childProcessIds(pid).length > 0;
  const threads = readThreads(pid).map((after) => {
    const worker = after.id === pid ? 'main thread' : `thread ${after.id} (${after.name})`;
    const then = before.find(({ id }) => id === after.id);
    return describeThread({
      worker,
      stack: undefined,
      before: then,
      after,
      elapsedUs,
      handles: [],
      callbacks: [],
      promises: null,
      loopDelayUs: null,
      hasChildren,
      isInInnerLoop: after.id === pid && isInInnerLoop(pid),
    });
  });
  const warning =
    'no stacks: the inspector did not answer, because the main thread is in one long call of native code (such as JSON.parse, ' +
    'crypto, SQL, or one that waits), and not in JavaScript or its event loop';
  const hints = error instanceof MemwatchError && error.hint !== undefined ? [error.hint] : [];
  return { ...documentOf(pid, null, threads), warnings: [warning, ...hints] };
};
