/** Notices that nobody reads the output any more: a command that prints seldom would not be told for hours. Linux only. */
import { createReaderCheck } from '../agent/process/pipe-readers.js';

const lookMs = 1000;

/** Does nothing if the output is not a pipe. */
export const watchReader = (onGone: () => void): void => {
  const isRead = createReaderCheck(1);
  if (isRead === undefined) return;
  const timer = setInterval(() => {
    if (isRead()) return;
    clearInterval(timer);
    onGone();
  }, lookMs).unref();
};
