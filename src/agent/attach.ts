/**
 * Attaching to a target and leaving it as it was. In: a Target. Out: an Attachment, whose detach undoes everything that
 * was done to the target, last first.
 */
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { evaluate } from './evaluate.js';
import { enterGuard, type GuardEntry } from './guard.js';
import { connectToProcess, inspectorClosed, nextInspector, openInspector, webSocketUrlAt } from './inspector.js';
import { endProgram, launch, notInterrupted, shutdownState, type Launched, type Program } from './launch.js';
import { defaultInspectorPort, moveInspector } from './port.js';
import { connectSession, type Session } from './protocol.js';
import { listeningPorts } from './sockets.js';
import type { Target } from './target.js';
import { chooseWorker, listWorkers, type WorkerThread } from './workers.js';

export interface Attachment {
  /** The operating system's id of the target; undefined where it is not a process of this machine. */
  readonly pid: number | undefined;
  /** `v22.23.3`. */
  readonly nodeVersion: string;
  /** The thread that the target names: the main thread, or a worker. */
  readonly session: Session;
  /** The main thread; the same as `session` unless the target names a worker. */
  readonly main: Session;
  /** The worker that the target names. */
  readonly worker: WorkerThread | undefined;
  /** The inspector was closed before memwatch came, and is closed again by detach. */
  readonly opened: boolean;
  /** This memwatch's name in the guard of the thread behind `session`, for functions that register there what to undo. */
  readonly client: string;
  /** The program that memwatch started for a target `-- script.js`; it waits before its first line for runIfWaiting. */
  readonly program: Program | undefined;
  /**
   * Aborted when the target has run to its end, or the connection is gone. At its end a target waits for memwatch:
   * Profiler.stop and HeapProfiler.stopSampling still answer, nothing else does; collect, then detach to let it go.
   */
  readonly ending: AbortSignal;
  /** Lets a program that memwatch started run its first line; nothing for other targets. */
  runIfWaiting(): Promise<void>;
  /** The worker threads that run now. */
  workers(): Promise<readonly WorkerThread[]>;
  /** Registers what must be undone before memwatch leaves; run last first, once, also on errors and Ctrl-C. */
  onDetach(undo: () => Promise<void> | void): void;
  /** Leaves the target as it was. A program that memwatch started is ended, where it has not ended. */
  detach(): Promise<void>;
}

export interface AttachOptions {
  signal?: AbortSignal | undefined;
  /** Told in words what attach is waiting for. */
  onProgress?: ((text: string) => void) | undefined;
  /** Where the standard output of a started program goes; 'stderr' where stdout must hold one document alone. */
  programStdout?: 'inherit' | 'stderr' | undefined;
}

/** Attaches, runs the body, and detaches whatever happens. */
export const withAttachment = async <T>(
  target: Target,
  options: AttachOptions,
  body: (attachment: Attachment) => Promise<T>,
): Promise<T> => {
  const attachment = await attach(target, options);
  try {
    return await body(attachment);
  } finally {
    await attachment.detach();
  }
};

/** Throws no-such-process, not-node, not-attachable, no-permission, no-answer, port-taken, not-found. */
export const attach = async (target: Target, options: AttachOptions = {}): Promise<Attachment> => {
  throwIfInterrupted(options.signal);
  const connected = await connect(target, options);
  const link = { ...connected, ending: endingOf(connected.main) };
  try {
    await link.main.send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true });
    const worker = 'worker' in target ? target.worker : undefined;
    const attachment = await attachmentOf(link, worker);
    throwIfInterrupted(options.signal);
    return attachment;
  } catch (error) {
    await leave(link);
    throw error;
  }
};

/** The way to a target's main thread, with what is known of it and must be given back. */
interface Link {
  readonly pid: number | undefined;
  readonly main: Session;
  readonly guard: GuardEntry;
  readonly launched: Launched | undefined;
}
type EndingLink = Link & { readonly ending: AbortSignal };

const connect = async (target: Target, options: AttachOptions): Promise<Link> => {
  switch (target.kind) {
    case 'pid':
      return connectToPid(target.pid, options);
    case 'address':
      return connectToAddress(target.host, target.port);
    case 'webSocket':
      return connectToUrl(target.url);
    case 'command':
      return connectToProgram(target.argv, options);
  }
};

const connectToPid = async (pid: number, options: AttachOptions): Promise<Link> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryConnectToPid(pid, options);
    } catch (error) {
      // another memwatch may have closed or moved the inspector between our look and our call
      const retry = error instanceof MemwatchError && error.code === 'disconnected' && attempt < 4;
      if (!retry) throw error;
    }
  }
};

const tryConnectToPid = async (pid: number, options: AttachOptions): Promise<Link> => {
  const { url, opened } = await openInspector(pid, options);
  const session = await connectToProcess(url, pid);
  const guard = await enterGuard(session, opened);
  if (!opened || new URL(url).port !== String(defaultInspectorPort))
    return { pid, main: session, guard, launched: undefined };
  return { pid, ...(await moveToFreePort(pid, url, session, guard, options)), launched: undefined };
};

/** Port 9229 is what every process opens: leave it free for the next one that memwatch or its owner attaches to. */
const moveToFreePort = async (
  pid: number,
  url: string,
  session: Session,
  guard: GuardEntry,
  options: AttachOptions,
): Promise<{ main: Session; guard: GuardEntry }> => {
  await moveInspector(session);
  const moved = await nextInspector(pid, url, options.signal);
  await session.close();
  if (moved === undefined)
    throw new MemwatchError('no-answer', `process ${pid} closed its inspector and opened none again`);
  const main = await connectToProcess(moved, pid);
  return { main, guard: await enterGuard(main, true, guard.client) };
};

const connectToAddress = async (host: string, port: number): Promise<Link> => {
  const url = await webSocketUrlAt(host, port);
  if (url === undefined) {
    throw new MemwatchError('no-answer', `no inspector answers at ${host}:${port}`, {
      hint: 'is the target started with --inspect, and the port forwarded?',
    });
  }
  return connectToUrl(url);
};

const connectToUrl = async (url: string): Promise<Link> => {
  const main = await connectSession(url);
  const named = await evaluate<number>(main, 'process.pid');
  const port = Number(new URL(url).port);
  const isHere = listeningPorts(named).some((listener) => listener.port === port);
  return { pid: isHere ? named : undefined, main, guard: await enterGuard(main, false), launched: undefined };
};

const connectToProgram = async (argv: readonly string[], options: AttachOptions): Promise<Link> => {
  const launched = await launch(argv, options);
  const { pid } = launched.program;
  try {
    const main = await connectToProcess(launched.url, pid);
    return { pid, main, guard: await enterGuard(main, true), launched };
  } catch (error) {
    await endProgram(launched, notInterrupted);
    throw error;
  }
};

const attachmentOf = async (link: EndingLink, wantedWorker: string | undefined): Promise<Attachment> => {
  const { main, guard, launched, ending } = link;
  let threads: Promise<WorkerThread[]> | undefined;
  const workers = (): Promise<WorkerThread[]> => (threads ??= listWorkers(main));
  const worker = wantedWorker === undefined ? undefined : chooseWorker(await workers(), wantedWorker);
  // a worker is another world, with a guard of its own
  const guardHere = worker === undefined ? guard : await enterGuard(worker.session, false);
  const nodeVersion = await evaluate<string>(main, 'process.version');
  const undos: (() => Promise<void> | void)[] = [];
  let detached: Promise<void> | undefined;
  const detach = async (): Promise<void> => {
    for (const undo of undos.toReversed()) await quietly(undo); // the rest must still be undone
    if (guardHere !== guard) await quietly(guardHere.leave);
    await leave(link);
  };
  return {
    pid: link.pid,
    nodeVersion,
    session: worker?.session ?? main,
    main,
    worker,
    opened: guard.opened,
    client: guardHere.client,
    program: launched?.program,
    ending: worker === undefined ? ending : AbortSignal.any([ending, worker.session.closed]),
    runIfWaiting: async () => {
      if (launched !== undefined) await main.send('Runtime.runIfWaitingForDebugger');
    },
    workers,
    onDetach: (undo) => undos.push(undo),
    detach: () => (detached ??= detach()),
  };
};

const quietly = async (undo: () => unknown): Promise<void> => {
  try {
    await undo();
  } catch {
    // the target is ending, or gone: its guard, or its end, undoes the rest
  }
};

const endingOf = (main: Session): AbortSignal => {
  const ending = new AbortController();
  main.on('NodeRuntime.waitingForDisconnect', () => ending.abort());
  main.closed.addEventListener('abort', () => ending.abort(), { once: true });
  return ending.signal;
};

const leave = async ({ pid, main, guard, launched, ending }: EndingLink): Promise<void> => {
  const endsByItself = ending.aborted;
  const state = launched === undefined || endsByItself ? undefined : await shutdownState(main);
  const closes = await guard.leave().catch(() => false); // it is ending, or gone: nothing is left to undo
  await main.close();
  if (launched !== undefined) return endProgram(launched, state);
  if (closes && pid !== undefined) await inspectorClosed(pid);
};
