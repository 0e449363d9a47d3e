/** How long memwatch waits for a target that does not answer. In: a time, and the signal of Ctrl-C. Out: a signal. */

/**
 * After Ctrl-C, all commands to the target together may take this long, so that memwatch ends within a second whatever the
 * target does.
 */
export const patienceMs = 600;

/** Aborted after `mostMs`, or `patienceMs` after the signal. */
export const deadline = (mostMs: number, signal: AbortSignal | undefined): AbortSignal => {
  const late = new AbortController();
  const abortIn = (ms: number): void => void setTimeout(() => late.abort(), ms).unref();
  abortIn(mostMs);
  if (signal?.aborted === true) abortIn(patienceMs);
  else signal?.addEventListener('abort', () => abortIn(patienceMs), { once: true });
  return late.signal;
};
