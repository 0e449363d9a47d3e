/**
 * How long a target's thread stands still during some work, measured in the target by its own event loop. In: an attachment
 * and the work. Out: microseconds.
 */
import type { Attachment } from './attach.js';
import { callOn, evaluateRemote, release } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';

/**
 * Runs the work and measures the pause. A thread that was already busy has no loop turns to measure by: for it, the time
 * from call to answer counts.
 */
export const watchPause = async ({ session, client }: Attachment, work: () => Promise<void>): Promise<number> => {
  const watch = await evaluateRemote(session, startWatch, [client]);
  const start = performance.now();
  await work();
  const elapsedUs = (performance.now() - start) * 1000;
  const options = { awaitPromise: true, timeoutMs: 1000 };
  const longestUs = await callOn(session, watch, (running) => running.nextTurn(), [], options).catch(() => elapsedUs);
  await callOn(session, watch, (running) => running.stop()).catch(() => {}); // otherwise the guard stops it when the session ends
  await release(session, watch);
  return Math.min(longestUs, elapsedUs);
};

interface Watch {
  /** The longest time between two turns of the event loop, known once the next turn has come. */
  nextTurn(): Promise<number>;
  stop(): void;
}

/** Runs in the target: a timer that notes how late it comes. */
const startWatch = (client: string): Watch => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const timers = guard.builtin('node:timers');
  const { performance } = guard.builtin('node:perf_hooks');
  const periodMs = 5;
  let last = performance.now();
  let longestMs = 0;
  let answer: (longestUs: number) => void = () => {};
  const tick = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last - periodMs);
    last = now;
    answer(longestMs * 1000);
  };
  let timer: NodeJS.Timeout | undefined;
  void guard.soon(() => void (timer = timers.setInterval(tick, periodMs).unref())); // not in an interrupt, see guard.ts
  const clear = (): void => void guard.soon(() => timers.clearInterval(timer));
  guard.onLeave(client, clear);
  const stop = (): void => {
    clear();
    const undos = guard.clients.get(client)?.undos ?? [];
    if (undos.includes(clear)) undos.splice(undos.indexOf(clear), 1);
  };
  return { stop, nextTurn: () => new Promise((resolve) => void (answer = resolve)) };
};
