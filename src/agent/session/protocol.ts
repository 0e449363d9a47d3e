/**
 * The inspector protocol: a connection to one thread of a target as a Session. In: a WebSocket address. Out: typed commands
 * and events; each command has a time limit.
 */
import type { Agent } from 'node:http';
import { setMaxListeners } from 'node:events';
import type { ProtocolMapping } from 'devtools-protocol/types/protocol-mapping.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { checked } from './answers.js';
import { openConnection } from './connection.js';
import { patienceMs } from './patience.js';

/** Node's own domains, which Chrome's protocol does not list. */
interface NodeCommands {
  'NodeWorker.enable': { paramsType: [{ waitForDebuggerOnStart: boolean }]; returnType: void };
  'NodeWorker.disable': { paramsType: []; returnType: void };
  'NodeWorker.sendMessageToWorker': { paramsType: [{ message: string; sessionId: string }]; returnType: void };
  'NodeWorker.detach': { paramsType: [{ sessionId: string }]; returnType: void };
  'NodeTracing.start': { paramsType: [{ traceConfig: { includedCategories: string[] } }]; returnType: void };
  'NodeTracing.stop': { paramsType: []; returnType: void };
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
  'NodeTracing.dataCollected': [{ value: { name?: string; args?: Record<string, unknown> }[] }];
}

export type Commands = ProtocolMapping.Commands & NodeCommands;
export type Events = ProtocolMapping.Events & NodeEvents;

export interface SendOptions {
  timeoutMs?: number;
  /** The target closes its inspector: the other commands of its connection wait meanwhile. */
  closes?: boolean;
}

export interface Session {
  /** Sends a command. Throws `no-answer` after `timeoutMs` (15 s; Infinity for none), `disconnected`, or `target-error`. */
  send<M extends keyof Commands>(
    method: M,
    params?: Commands[M]['paramsType'][0],
    options?: SendOptions,
  ): Promise<Commands[M]['returnType']>;
  /** Of the connection to a process: waits for an answer that comes as an event. */
  expect?(answer: Promise<unknown>): Promise<unknown>;
  /** Listens to an event until the returned function is called. */
  on<E extends keyof Events>(event: E, listener: (params: Events[E][0]) => void): () => void;
  /** Aborted when the connection is gone; the reason is a MemwatchError if it is known. */
  readonly closed: AbortSignal;
  /** The process has been stopped (SIGSTOP): it is not worth waiting for it. */
  readonly isStopped?: (() => boolean) | undefined;
  /** From now on, all commands together may take `patienceMs`; then the connection is cut. */
  hurry(): void;
  /** Of the connection to a process: it is in a hurry, by Ctrl-C or otherwise. */
  isHurried?(): boolean;
  /**
   * `send` is called before the connection to a silent target is cut: it sends what undoes everything, and waits for no
   * answer.
   */
  beforeCut(send: () => void): void;
  /** Of the connection to a process: leaves a target that does not answer; calls what `beforeCut` was given. */
  cut?(): Promise<void>;
  /** Of a worker's session: one for what must end when memwatch is killed. All others end with their connection. */
  inside?(): Promise<Session>;
  close(): Promise<void>;
}

const defaultTimeoutMs = 15_000;

export interface ConnectOptions {
  /** Aborted by Ctrl-C, which calls `hurry`. */
  readonly signal?: AbortSignal | undefined;
  /** The target's name, for messages. */
  readonly name?: string;
  readonly isStopped?: Session['isStopped'];
  /** Makes the connection; given for a target in another network namespace. */
  readonly agent?: Agent | undefined;
}

/** Connects to the thread behind a `ws://` address. Throws what openConnection throws. */
export const connectSession = async (
  url: string,
  { signal, name = url, agent, isStopped }: ConnectOptions = {},
): Promise<Session> => {
  const silent = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const hurry = (): void => void (timer ??= setTimeout(() => silent.abort(silentTarget(name)), patienceMs));
  if (signal?.aborted === true) hurry();
  if (signal !== undefined) setMaxListeners(0, signal); // one listener for each connection: a cluster has many workers
  signal?.addEventListener('abort', hurry, { once: true });
  const forget = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', hurry);
  };
  const cutListeners: (() => void)[] = [];
  // these messages go first; then openConnection closes
  silent.signal.addEventListener('abort', () => cutListeners.forEach((send) => send()));
  const connection = await openConnection(url, silent.signal, agent).catch((error: unknown) => {
    forget();
    throw error;
  });
  const { ask, on, closed, close } = connection;
  closed.addEventListener('abort', forget, { once: true });
  on('HeapProfiler.addHeapSnapshotChunk', checkPiece);
  const closedOrAtEnd = AbortSignal.any([closed, endOf(on)]);
  return {
    send: (method, params, options) => {
      const end = needsEventLoop.has(method) ? closedOrAtEnd : closed;
      const answer = ask(method, params, options?.closes).then((result) => checked(method, result));
      return bounded(answer, method, { closed: end, isStopped }, options?.timeoutMs) as Promise<never>;
    },
    ...connection,
    isStopped,
    hurry,
    isHurried: () => timer !== undefined,
    beforeCut: (send) => void cutListeners.push(send),
    cut: () => (silent.abort(leftSilent(name)), close()),
  };
};

/** Aborted when the target has run to its end, and waits for memwatch to disconnect. */
const endOf = (on: Session['on']): AbortSignal => {
  const atEnd = new AbortController();
  on('NodeRuntime.waitingForDisconnect', () => atEnd.abort());
  return atEnd.signal;
};

/** What it throws closes the connection. */
const checkPiece = ({ chunk }: { chunk: unknown }): void => {
  if (typeof chunk !== 'string') throw new Error('a piece of a snapshot that is not text');
};

const leftSilent = (name: string): MemwatchError =>
  new MemwatchError('no-answer', `${name} did not answer when memwatch left`);

const silentTarget = (name: string): MemwatchError =>
  new MemwatchError(
    'interrupted',
    `interrupted: ${name} did not answer within ${patienceMs / 1000} s, so memwatch detached`,
    {
      hint: 'when it runs again, it undoes what memwatch did there, at once or through its guard 10 s later',
    },
  );

/**
 * Commands that are answered by a task of the target's event loop: never, once that has stopped and waits for memwatch to
 * disconnect.
 */
const needsEventLoop: ReadonlySet<string> = new Set(['HeapProfiler.collectGarbage']);

/** A command was not answered in time. What the process does meanwhile is not known here. */
export class NoAnswer extends MemwatchError {
  constructor(method: string, ms: number) {
    super('no-answer', `no answer to ${method} within ${ms / 1000} s`);
  }
}

/** A command's answer, or an error if the connection breaks or the time is over. */
export const bounded = async (
  answer: Promise<unknown>,
  method: string,
  { closed, isStopped }: Pick<Session, 'closed' | 'isStopped'>,
  timeoutMs = defaultTimeoutMs,
): Promise<unknown> => {
  const timers: NodeJS.Timeout[] = [];
  let onClosed = (): void => {};
  const end = new Promise<never>((_, reject) => {
    onClosed = () => reject(closedDuring(method, closed.reason));
    if (closed.aborted) onClosed();
    closed.addEventListener('abort', onClosed, { once: true });
    if (!Number.isFinite(timeoutMs)) return;
    const late = (ms: number) => (): void => reject(new NoAnswer(method, ms));
    timers.push(setTimeout(late(timeoutMs), timeoutMs));
    if (timeoutMs > stoppedMs && isStopped !== undefined) timers.push(whenStopped(isStopped, late(stoppedMs)));
  });
  try {
    return await Promise.race([answer, end]);
  } catch (error) {
    if (error instanceof MemwatchError) throw error;
    // errors from the target carry a `response`; all others come from the socket
    const answered = error instanceof Error && 'response' in error;
    if (answered && threadEnded.test(error.message))
      throw new MemwatchError('disconnected', `the target ended during ${method}`, { cause: error });
    if (answered) throw new MemwatchError('target-error', `${method}: ${messageOf(error)}`, { cause: error });
    throw closedDuring(method, error);
  } finally {
    timers.forEach(clearTimeout);
    closed.removeEventListener('abort', onClosed);
    answer.catch(() => {}); // an answer that arrives after the time limit is dropped
  }
};

/** V8's response when the thread has ended and only its inspector is left. */
const threadEnded = /^Cannot find (default execution )?context/;

/** A process that is stopped for so long may stay so for hours. */
const stoppedMs = 10_000;

/** Calls back when the process has been stopped all the time for `stoppedMs`. */
const whenStopped = (isStopped: () => boolean, then: () => void): NodeJS.Timeout => {
  let lookedMs = 0;
  const look = (): void => {
    lookedMs = isStopped() ? lookedMs + lookMs : 0;
    if (lookedMs >= stoppedMs) then();
  };
  return setInterval(look, lookMs);
};
const lookMs = 500;

const closedDuring = (method: string, cause: unknown): MemwatchError =>
  cause instanceof MemwatchError
    ? cause
    : new MemwatchError('disconnected', `the target closed the connection during ${method}`, { cause });
