/**
 * How long a target's thread stands still during some work, measured in the target by its own event loop. In: an attachment
 * and the work. Out: a pause.
 */
import type { Attachment } from './attach.js';
import { callOn, evaluateRemote, release } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';

/** Milliseconds of a clock that `performance.now()` reads. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Pause {
  /** By the target's clock, which is exact though memwatch has to wait; undefined if the event loop was busy before, or did not turn. */
  readonly inTarget: Span | undefined;
  /** By memwatch's clock: begins with the call, and lasts as long as the longest time between two turns of the event loop. */
  readonly seen: Span;
}

/**
 * Runs the work and measures the pause. A thread that was already busy has no loop turns to measure by: for it, the time
 * from call to answer counts.
 */
export const watchPause = async ({ session, client }: Attachment, work: () => Promise<void>): Promise<Pause> => {
  const watch = await evaluateRemote(session, startWatch, [client]);
  const startMs = performance.now();
  await work();
  const elapsedMs = performance.now() - startMs;
  const options = { awaitPromise: true, timeoutMs: 1000 };
  const longest = await callOn(session, watch, (running) => running.nextTurn(), [], options).catch(() => undefined);
  await callOn(session, watch, (running) => running.stop()).catch(() => {}); // otherwise the guard stops it when the session ends
  await release(session, watch);
  const longestMs = longest === undefined ? elapsedMs : longest.endMs - longest.startMs;
  const seen = { startMs, endMs: startMs + Math.min(longestMs, elapsedMs) };
  return { inTarget: longestMs <= elapsedMs + leewayMs ? longest : undefined, seen };
};

/** A pause begins when the next turn of the event loop was due, which may be a little before the call. */
const leewayMs = 100;

interface Watch {
  /** The longest time between two turns of the event loop, known once the next turn has come. */
  nextTurn(): Promise<Span>;
  stop(): void;
}

/** Runs in the target: a timer that notes how late it comes. */
const startWatch = (client: string): Watch => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const timers = guard.builtin('node:timers');
  const { performance } = guard.builtin('node:perf_hooks');
  const periodMs = 5;
  let last = performance.now();
  let longest = { startMs: last, endMs: last };
  let answer: (longest: Span) => void = () => {};
  const tick = (): void => {
    const now = performance.now();
    const [startMs, longestMs] = [last + periodMs, longest.endMs - longest.startMs];
    if (now - startMs > longestMs) longest = { startMs, endMs: now };
    last = now;
    answer(longest);
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
