/**
 * The inspector protocol: a connection to one thread of a target as a Session. The one file that knows
 * chrome-remote-interface. In: a WebSocket address. Out: typed commands and events, each command bounded in time.
 */
import { setMaxListeners } from 'node:events';
import connect from 'chrome-remote-interface';
import type { ProtocolMapping } from 'devtools-protocol/types/protocol-mapping.js';
import { MemwatchError, messageOf } from '../../errors.js';

/** Node's own domains, which Chrome's protocol does not list. */
interface NodeCommands {
  'NodeWorker.enable': { paramsType: [{ waitForDebuggerOnStart: boolean }]; returnType: void };
  'NodeWorker.disable': { paramsType: []; returnType: void };
  'NodeWorker.sendMessageToWorker': { paramsType: [{ message: string; sessionId: string }]; returnType: void };
  'NodeWorker.detach': { paramsType: [{ sessionId: string }]; returnType: void };
  'NodeRuntime.enable': { paramsType: []; returnType: void };
  'NodeRuntime.notifyWhenWaitingForDisconnect': { paramsType: [{ enabled: boolean }]; returnType: void };
}
interface NodeEvents {
  'NodeWorker.attachedToWorker': [
    {
      sessionId: string;
      workerInfo: { workerId: string; type: string; title: string; url: string };
      waitingForDebugger: boolean;
    },
  ];
  'NodeWorker.detachedFromWorker': [{ sessionId: string }];
  'NodeWorker.receivedMessageFromWorker': [{ sessionId: string; message: string }];
  'NodeRuntime.waitingForDisconnect': [];
}

export type Commands = ProtocolMapping.Commands & NodeCommands;
export type Events = ProtocolMapping.Events & NodeEvents;

export interface Session {
  /** Sends a command. Throws `no-answer` after `timeoutMs` (15 s; Infinity for none), `disconnected`, or `target-error`. */
  send<M extends keyof Commands>(
    method: M,
    params?: Commands[M]['paramsType'][0],
    options?: { timeoutMs?: number },
  ): Promise<Commands[M]['returnType']>;
  /** Listens to an event; the returned function ends it. */
  on<E extends keyof Events>(event: E, listener: (params: Events[E][0]) => void): () => void;
  /** Aborted when the connection is gone, for whatever reason. */
  readonly closed: AbortSignal;
  close(): Promise<void>;
}

const defaultTimeoutMs = 15_000;

/** Connects to the thread behind a `ws://` address. Throws `disconnected` where nothing answers. */
export const connectSession = async (webSocketUrl: string): Promise<Session> => {
  const closed = new AbortController();
  setMaxListeners(0, closed.signal); // one a command under way
  const client = await connect({ target: webSocketUrl, local: true }).catch((cause: unknown) => {
    throw new MemwatchError('disconnected', `cannot connect to ${webSocketUrl}: ${messageOf(cause)}`, { cause });
  });
  client.on('disconnect', () => closed.abort());
  const atEnd = new AbortController();
  client.on('NodeRuntime.waitingForDisconnect', () => atEnd.abort());
  const closedOrAtEnd = AbortSignal.any([closed.signal, atEnd.signal]);
  return {
    send: (method, params, options) => {
      const end = needsEventLoop.has(method) ? closedOrAtEnd : closed.signal;
      return bounded(client.send(method, params), method, end, options?.timeoutMs) as Promise<never>;
    },
    on: (event, listener) => {
      client.on(event, listener);
      return () => client.removeListener(event, listener);
    },
    closed: closed.signal,
    close: () => {
      closed.abort(); // what is under way gets no answer any more
      return client.close();
    },
  };
};

/** Answered by a task of the target's event loop: never again once that has stopped, and waits for us to disconnect. */
const needsEventLoop: ReadonlySet<string> = new Set(['HeapProfiler.collectGarbage']);

/** A command's answer, or an error when the connection breaks or the time is over. */
export const bounded = async (
  answer: Promise<unknown>,
  method: string,
  closed: AbortSignal,
  timeoutMs = defaultTimeoutMs,
): Promise<unknown> => {
  let timer: NodeJS.Timeout | undefined;
  let onClosed = (): void => {};
  const end = new Promise<never>((_, reject) => {
    onClosed = () => reject(new MemwatchError('disconnected', `the target closed the connection during ${method}`));
    if (closed.aborted) onClosed();
    closed.addEventListener('abort', onClosed, { once: true });
    if (Number.isFinite(timeoutMs)) {
      const late = new MemwatchError('no-answer', `no answer to ${method} within ${timeoutMs / 1000} s`);
      timer = setTimeout(() => reject(late), timeoutMs);
    }
  });
  try {
    return await Promise.race([answer, end]);
  } catch (error) {
    if (error instanceof MemwatchError) throw error;
    // the client's own errors carry the target's response; what has none is the socket's
    const answered = error instanceof Error && 'response' in error;
    if (answered) throw new MemwatchError('target-error', `${method}: ${messageOf(error)}`, { cause: error });
    throw new MemwatchError('disconnected', `the target closed the connection during ${method}`, { cause: error });
  } finally {
    clearTimeout(timer);
    closed.removeEventListener('abort', onClosed);
    answer.catch(() => {}); // an answer that comes after the end is nobody's
  }
};
