/**
 * What waits to be sent to a server that may be slow or dead. In: requests. Out: each is sent, again and again with longer and
 * longer pauses, until the server takes it or refuses it for good. The queue is bounded: the oldest go first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.js';

export interface PushRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: FormData;
}

export interface PushQueue {
  /** True while the server takes what it is sent; there is no use in new captures while it does not. */
  readonly isKeepingUp: boolean;
  readonly waiting: number;
  add(request: PushRequest): void;
  /** Sends until the signal is aborted. */
  readonly sending: Promise<void>;
}

const usual = { most: 20, firstPauseMs: 1000, longestPauseMs: 60_000, patienceMs: 10_000 };

export const createPushQueue = (signal: AbortSignal, warn: (text: string) => void, limits = usual): PushQueue => {
  const waiting: PushRequest[] = [];
  let wake = (): void => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  const send = async (): Promise<void> => {
    let pauseMs = limits.firstPauseMs;
    while (!signal.aborted) {
      const [next] = waiting;
      if (next === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const failure = await post(next, signal, limits.patienceMs);
      if (failure === undefined || failure.isFinal) {
        if (waiting[0] === next) waiting.shift();
        if (failure !== undefined && !signal.aborted) warn(failure.text);
        pauseMs = limits.firstPauseMs;
        continue;
      }
      if (pauseMs === limits.firstPauseMs && !signal.aborted) warn(`${failure.text}; it is sent again later`);
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      pauseMs = Math.min(limits.longestPauseMs, 2 * pauseMs);
    }
  };
  return {
    get isKeepingUp() {
      return waiting.length < 2;
    },
    get waiting() {
      return waiting.length;
    },
    add: (request) => {
      waiting.push(request);
      if (waiting.length > limits.most) waiting.shift();
      wake();
    },
    sending: send(),
  };
};

interface Failure {
  readonly text: string;
  /** Sending it again would not help. */
  readonly isFinal: boolean;
}

/** undefined if the server took it. The address may hold a password, and is not shown. */
const post = async ({ url, headers, form }: PushRequest, signal: AbortSignal, patienceMs: number): Promise<Failure | undefined> => {
  try {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const answer = await fetch(url, { method: 'POST', headers, body: form, redirect: 'error', signal: stop });
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const isFinal = answer.status < 500 && answer.status !== 408 && answer.status !== 429;
    return { text: `--push: ${url.host} answers ${answer.status}`, isFinal };
  } catch (error) {
    return { text: `--push: ${url.host} does not answer: ${messageOf(error)}`, isFinal: false };
  }
}; // prettier-ignore
