/**
 * The Node processes that recorded processes start, for `record --children`: also those that a shell or npm starts in between.
 * In: the recorded processes. Out: each new descendant, once it can be attached to; until the recording ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeStatuses } from '../../agent/attach/candidates.js';
import { needsConsent } from '../../agent/attach/safety.js';
import { ancestorsOf, atOneMoment } from '../../agent/process/proc.js';

/** A process that ends sooner is not seen. */
const lookEveryMs = 500;

/** Calls `begin` for those that run, and those that start meanwhile. A process that is not ready yet is seen the next time. */
export const followChildren = async (
  roots: readonly number[],
  begin: (pid: number) => void,
  stop: AbortSignal,
): Promise<void> => {
  const known = new Set(roots);
  do {
    atOneMoment(() => {
      for (const status of nodeStatuses()) {
        const { pid, permitted, catchesSigusr1 } = status;
        if (known.has(pid) || !permitted || catchesSigusr1 === false) continue;
        if (!ancestorsOf(pid).some((one) => known.has(one)) || needsConsent(status)) continue;
        known.add(pid);
        begin(pid);
      }
    });
  } while (await sleep(lookEveryMs, true, { signal: stop }).catch(() => false));
};
