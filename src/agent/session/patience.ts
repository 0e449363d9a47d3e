/** How long memwatch waits for a target that does not answer. In: a time, and the signal of Ctrl-C. Out: a signal. */
import { setMaxListeners } from 'node:events';

/**
 * After Ctrl-C, all commands to the target together may take this long, so that memwatch ends within a second whatever the
 * target does.
 */
export const patienceMs = 600;

/** Runs the body with a signal that is aborted after `mostMs`, or `patienceMs` after the other signal. */
export const withDeadline = async <T>(
  mostMs: number,
  signal: AbortSignal | undefined,
  body: (late: AbortSignal) => Promise<T>,
): Promise<T> => {
  const late = new AbortController();
  setMaxListeners(0, late.signal); // one listener for each port that is asked
  const timers: NodeJS.Timeout[] = [];
  const abortIn = (ms: number): void => void timers.push(setTimeout(() => late.abort(), ms).unref());
  const hurry = (): void => abortIn(patienceMs);
  abortIn(mostMs);
  if (signal?.aborted === true) hurry();
  signal?.addEventListener('abort', hurry, { once: true });
  try {
    return await body(late.signal);
  } finally {
    signal?.removeEventListener('abort', hurry);
    for (const timer of timers) clearTimeout(timer);
  }
};
