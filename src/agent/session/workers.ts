/**
 * Worker threads of a target. In: the session of its main thread. Out: the workers, and a Session for each that is used
 * like any other; its commands travel as text inside NodeWorker messages.
 */
import { setMaxListeners } from 'node:events';
import { MemwatchError } from '../../errors.js';
import { openChannel, readMessage, type Channel } from './channel.js';
import { forgetLogs } from './heartbeat.js';
import { openInsideWorker, type InsideWorker } from './inside-worker.js';
import { bounded, type Session } from './protocol.js';

export interface WorkerThread {
  /** Its threadId, as a user writes it in `<pid>/<worker>`. */
  readonly id: string;
  /** `[worker 2] name`, as Node reports it. */
  readonly title: string;
  readonly url: string;
  readonly session: Session;
}

export interface Workers {
  /** The workers that run now. */
  list(): Promise<readonly WorkerThread[]>;
  /** Reports workers that start from now on, until the returned function is called. Works only after the first `list`. */
  onStart(listener: (worker: WorkerThread) => void): () => void;
  /** Closes the sessions of all workers, which Node would keep. */
  leave(): Promise<void>;
}

/**
 * At the first `list`, asks V8 to attach to each worker that runs and to each that starts, until `main` closes. `opened`:
 * memwatch opened the inspector, so nobody else reads what the workers log.
 */
export const watchWorkers = (main: Session, opened: boolean): Workers => {
  const running = new Set<WorkerThread>();
  const listeners = new Set<(worker: WorkerThread) => void>();
  let enabled: Promise<void> | undefined;
  const enable = async (): Promise<void> => {
    main.on('NodeWorker.attachedToWorker', ({ sessionId, workerInfo: { workerId, title, url } }) => {
      // the protocol's workerId differs from the threadId, which the program and the title use
      const id = /^\[worker (\d+)\]/.exec(title)?.[1] ?? workerId;
      const worker = { id, title, url, session: openWorkerSession(main, sessionId) };
      running.add(worker);
      if (opened) forgetLogs(worker.session);
      worker.session.closed.addEventListener('abort', () => running.delete(worker), { once: true });
      for (const listener of listeners) listener(worker);
    });
    await main.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
  };
  return {
    list: async () => {
      await (enabled ??= enable());
      return [...running];
    },
    onStart: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    leave: async () => void (await Promise.all([...running].map(({ session }) => session.close()))),
  };
};

/** The worker that a target names by its threadId or its name. Throws `not-found`. */
export const chooseWorker = (workers: readonly WorkerThread[], wanted: string): WorkerThread => {
  const worker =
    workers.find(({ id }) => id === wanted) ?? workers.find(({ title }) => title.replace(/^\[.*?\] /, '') === wanted);
  if (worker !== undefined) return worker;
  const names = workers.map(({ id, title }) => `${id} (${title})`).join(', ');
  throw new MemwatchError('not-found', `the target has no worker ${wanted}`, {
    hint: workers.length === 0 ? 'it has no workers at all' : `its workers: ${names}`,
  });
};

const openWorkerSession = (main: Session, sessionId: string): Session => {
  const closed = new AbortController();
  setMaxListeners(0, closed.signal); // one listener for each command that is waiting
  const channel = openChannel(async (message) => {
    await main.send('NodeWorker.sendMessageToWorker', { sessionId, message });
  });
  const stops = [
    main.on('NodeWorker.receivedMessageFromWorker', (event) => {
      if (event.sessionId === sessionId) channel.receive(readMessage(event.message));
    }),
    main.on('NodeWorker.detachedFromWorker', (event) => {
      if (event.sessionId === sessionId) end(workerEnded());
    }),
  ];
  const endWithMain = (): void => end(main.closed.reason);
  const end = (reason: unknown): void => {
    for (const stop of stops) stop();
    main.closed.removeEventListener('abort', endWithMain);
    closed.abort(reason);
  };
  main.closed.addEventListener('abort', endWithMain, { once: true });
  const state = { closed: closed.signal, isStopped: main.isStopped };
  return withInside({
    send: (method, params, options) =>
      bounded(expect(main, channel.ask(method, params)), method, state, options?.timeoutMs) as Promise<never>,
    on: channel.on,
    ...state,
    hurry: main.hurry,
    beforeCut: main.beforeCut,
    close: async () => {
      await detach(main, channel, sessionId);
      endWithMain();
    },
  });
};

const detach = async (main: Session, channel: Channel, sessionId: string): Promise<void> => {
  // V8 would keep what was logged meanwhile; not waited for, because the worker may be in native code
  void channel.ask('Runtime.discardConsoleEntries', {}).catch(() => {});
  await main.send('NodeWorker.detach', { sessionId }, { timeoutMs: 3000 }).catch(() => {});
};

/** undefined if the worker ends meanwhile, which is to spoil nothing that is said of other threads. */
export const unlessEnded = async <T>(
  { main }: { readonly main: Session },
  { session }: { readonly session: Session },
  work: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (main.closed.aborted || !session.closed.aborted) throw error;
    return undefined;
  }
};

const workerEnded = (): MemwatchError => new MemwatchError('target-error', 'the worker ended');

/** The worker's answer comes as an event of the main thread's connection. */
const expect = (main: Session, answer: Promise<unknown>): Promise<unknown> => main.expect?.(answer) ?? answer;

const withInside = (outside: Session): Session => {
  let opening: Promise<InsideWorker> | undefined;
  const inside = async (): Promise<Session> => (await (opening ??= openInsideWorker(outside))).session;
  return {
    ...outside,
    send: async (method, params, options) =>
      (lasting.test(method) ? await inside() : outside).send(method, params, options),
    inside,
    close: async () => {
      await opening?.then(({ leave }) => leave()).catch(() => {}); // the worker may be gone
      await outside.close();
    },
  };
};

/** What these commands begin runs on in the worker if memwatch is killed, unless it was begun in a session inside. */
const lasting = /^(Profiler\.|HeapProfiler\.(start|stop|get)Sampling)/;
