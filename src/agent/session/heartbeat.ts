/** Work that a session does every two seconds. In: a session and the work. Out: a function that ends it. */
import type { Session } from './protocol.js';

const beatMs = 2000;

/** It ends with the session. A target that does not answer is asked once, not every two seconds. */
export const atEachBeat = ({ closed }: Pick<Session, 'closed'>, work: () => Promise<unknown>): (() => void) => {
  let waiting = false;
  const beat = async (): Promise<void> => {
    if (waiting) return;
    waiting = true;
    await work().catch(() => {});
    waiting = false;
  };
  const timer = setInterval(() => void beat(), beatMs).unref();
  const end = (): void => clearInterval(timer);
  closed.addEventListener('abort', end, { once: true });
  return end;
};

/**
 * V8 keeps the last 1,000 messages that were logged while a session was connected, with all that they hold: makes it forget
 * them at each beat.
 */
export const forgetLogs = (session: Session): (() => void) =>
  atEachBeat(session, () => session.send('Runtime.discardConsoleEntries', undefined, { timeoutMs: Infinity }));
