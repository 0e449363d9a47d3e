/**
 * The connection to a target's main thread, for every kind of target. In: a Target. Out: a Link; `leave` closes it and
 * undoes what opening it did: the guard, the inspector, the program that was started.
 */
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import { findAgentDoor, openByAgent } from './agent-door.js';
import { borrowPort } from './borrow-port.js';
import { withCloser, type Closer } from './close-later.js';
import { openWithWorkers, type OpenWorker } from './cluster.js';
import { evaluate } from '../session/evaluate.js';
import { identify } from '../session/identity.js';
import { enterGuard, enterGuardOrClose, expectSecondAsk, type GuardEntry } from '../session/guard.js';
import { connectToProcess, findInspector, nextInspector, openInspector } from './inspector.js';
import { webSocketUrlAt } from './web-socket-url.js';
import { endProgram, launch, notInterrupted, shutdownState, type Launched } from './launch.js';
import { withPortLock, withProcessLock } from './lock.js';
import { moveInspector, portClosed, sigusr1Port } from './port.js';
import { connectSession, NoAnswer, type Session } from '../session/protocol.js';
import type { ProcessStatus } from '../process/proc.js';
import { checkLeastMemory, checkReachable } from './safety.js';
import { listeningPorts } from '../process/sockets.js';
import type { Target } from './target.js';

export interface LinkOptions {
  signal?: AbortSignal | undefined;
  /** Called with what attach is waiting for, in words. */
  onProgress?: ((text: string) => void) | undefined;
  /** Where the standard output of a started program goes; 'stderr' if stdout must hold only memwatch's document. */
  programStdout?: 'inherit' | 'stderr' | undefined;
  /** Nothing is captured: the target needs no memory for it. */
  onlyUndoes?: boolean | undefined;
}

/** The connection to a target's main thread, with what must be undone later. */
export interface Link extends Connected {
  /** Aborted when the target comes to its end, or the connection is gone. */
  readonly ending: AbortSignal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal | undefined;
}

interface PidOptions extends LinkOptions {
  readonly maySignal?: boolean | undefined;
}

interface Connected {
  readonly pid: number | undefined;
  /** The port of its inspector. */
  readonly port: number;
  readonly main: Session;
  readonly guard: GuardEntry;
  readonly launched: Launched | undefined;
}

/** Throws what attach throws, and then leaves nothing behind. */
export const openLink = async (target: Target, options: LinkOptions): Promise<Link> => {
  const connected = await connect(target, options);
  const link = { ...connected, ending: endingOf(connected.main), signal: options.signal };
  try {
    if (link.pid !== undefined && options.onlyUndoes !== true) checkLeastMemory(link.pid);
    await link.main.send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true });
    return link;
  } catch (error) {
    await leave(link);
    throw error;
  }
};

const connect = async (target: Target, options: LinkOptions): Promise<Connected> => {
  switch (target.kind) {
    case 'pid':
      return connectToPid(target.pid, { ...options, maySignal: target.maySignal });
    case 'address':
      return connectToAddress(target.host, target.port, options);
    case 'webSocket':
      return connectToUrl(target.url, options);
    case 'command':
      return connectToProgram(target.argv, options);
  }
};

const connectToPid = async (pid: number, options: PidOptions, bySignal = false): Promise<Connected> => {
  const status = await checkReachable(pid);
  return withProcessLock(status, options, () => tryConnectToPid(status, options, bySignal));
};

/** `bySignal`: a signal that memwatch caused has opened the inspector; it is not opened here. */
const tryConnectToPid = async (status: ProcessStatus, options: PidOptions, bySignal: boolean): Promise<Connected> => {
  const { pid } = status;
  const otherPorts = new Set(listeningPorts(pid).map(({ port }) => port));
  const { signal } = options;
  const open = await findInspector(pid, { signal });
  throwIfInterrupted(signal);
  if (open !== undefined) {
    const main = await connectToProcess(open, pid, signal);
    return { pid, port: portOf(open), main, guard: await enterGuardOrClose(main, bySignal), launched: undefined };
  }
  if (bySignal) throw new MemwatchError('not-found', `the inspector of process ${pid} has been closed`);
  const door = findAgentDoor(pid);
  if (door !== undefined) return { ...(await openByAgent(status, door, otherPorts, signal)), launched: undefined };
  return openWithWorkers(pid, openWorker(options), () => openPid(status, options, otherPorts));
};

const openWorker =
  (options: PidOptions): OpenWorker =>
  async (pid, bySignal) => {
    options.onProgress?.(`opening cluster worker ${pid} for a moment, because its primary will signal it`);
    const worker = await connectToPid(pid, options, bySignal);
    return async () => {
      await expectSecondAsk(worker.main).catch(() => {});
      await giveBack(worker, options.signal);
    };
  };

/** Closes an inspector that opened after memwatch had gone, unless another memwatch is there: that one closes it then. */
export const closeInspectorOfSignal = async (pid: number): Promise<void> => {
  const close = await openWorker({})(pid, true);
  await close();
};

const openPid = (status: ProcessStatus, options: PidOptions, otherPorts: ReadonlySet<number>): Promise<Connected> =>
  withPortLock(sigusr1Port(status), options, () =>
    withCloser(status, (closer) => openBySignal(status, closer, options, otherPorts)),
  );

const openBySignal = async (
  status: ProcessStatus,
  closer: Closer,
  options: PidOptions,
  otherPorts: ReadonlySet<number>,
): Promise<Connected> => {
  const { pid } = status;
  const port = sigusr1Port(status);
  if (port !== 0) await borrowPort(port, pid, options.onProgress);
  const { url, opened } = await openInspector(status, closer, { ...options, otherPorts });
  const main = await connectToProcess(url, pid, options.signal);
  const here = { url, main, guard: await enterGuardOrClose(main, opened) };
  closer.dismiss();
  const moved = opened && port !== 0 ? await moveToFreePort(pid, here, otherPorts, options.signal) : here;
  if (opened && port === 0) await evaluate(main, 'process.debugPort = 0'); // Node had replaced the 0 by the port that it chose
  return { pid, port: portOf(moved.url), main: moved.main, guard: moved.guard, launched: undefined };
};

const portOf = (url: string): number => Number(new URL(url).port);

interface Place {
  readonly url: string;
  readonly main: Session;
  readonly guard: GuardEntry;
}

/** Processes share that port: leave it free for the next one that memwatch, or anyone else, attaches to. */
const moveToFreePort = async (
  pid: number,
  here: Place,
  otherPorts: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<Place> => {
  await moveInspector(here.main);
  // continues for a moment after Ctrl-C: once connected, it can be closed properly
  const url = await nextInspector(pid, here.url, otherPorts, signal);
  await here.main.close();
  if (url === undefined) {
    throw new MemwatchError('no-answer', `process ${pid} did not open its inspector again`, {
      hint: 'if it opens later, its guard closes it after 10 s',
    });
  }
  const main = await connectToProcess(url, pid, signal);
  return { url, main, guard: await enterGuardOrClose(main, true, here.guard.client) };
};

const connectToAddress = async (host: string, port: number, options: LinkOptions): Promise<Connected> => {
  const url = await webSocketUrlAt(host, port, { signal: options.signal });
  throwIfInterrupted(options.signal);
  if (url === undefined) {
    throw new MemwatchError('no-answer', `no inspector answers at ${host}:${port}`, {
      hint: 'is the target started with --inspect, and the port forwarded?',
    });
  }
  return connectToUrl(url, options);
};

const connectToUrl = async (url: string, { signal }: LinkOptions): Promise<Connected> => {
  const main = await connectSession(url, { signal });
  try {
    const { pid: named, isItself } = await identify(main, url);
    if (isItself) throw itself(url);
    const port = portOf(url);
    const isHere = listeningPorts(named).some((listener) => listener.port === port);
    return { pid: isHere ? named : undefined, port, main, guard: await enterGuard(main, false), launched: undefined };
  } catch (error) {
    await main.close();
    throw error;
  }
};

/** memwatch itself has an inspector where NODE_OPTIONS holds --inspect, and would wait for its own answers. */
const itself = (url: string): MemwatchError =>
  new MemwatchError('bad-argument', `${url} is the inspector of this memwatch itself`, {
    hint: 'is --inspect in NODE_OPTIONS? it opens an inspector in memwatch itself, too: unset it',
  });

const connectToProgram = async (argv: readonly string[], options: LinkOptions): Promise<Connected> => {
  const launched = await launch(argv, options);
  const { pid } = launched.program;
  try {
    const main = await connectToProcess(launched.url, pid, options.signal);
    return { pid, port: portOf(launched.url), main, guard: await enterGuard(main, true), launched };
  } catch (error) {
    await endProgram(launched, notInterrupted, options.signal);
    throw error;
  }
};

const endingOf = (main: Session): AbortSignal => {
  const ending = new AbortController();
  main.on('NodeRuntime.waitingForDisconnect', () => ending.abort());
  main.closed.addEventListener('abort', () => ending.abort(), { once: true });
  return ending.signal;
};

/** Undoes what openLink did, so that the target is as it was. A program that memwatch started ends here. */
export const leave = async (link: Link): Promise<void> => {
  const { main, launched, ending, signal } = link;
  const endsByItself = ending.aborted;
  const state = launched === undefined || endsByItself ? undefined : await shutdownState(main);
  await giveBack(link, signal);
  if (launched !== undefined) await endProgram(launched, state, signal);
};

const giveBack = async (
  { pid, port, main, guard, launched }: Connected,
  signal: AbortSignal | undefined,
): Promise<void> => {
  // if the target is ending or gone, nothing is left to undo
  const closes = await guard.leave().catch((error: unknown) => (error instanceof NoAnswer ? 'silent' : false));
  await (closes === 'silent' && main.cut !== undefined ? main.cut() : main.close());
  if (closes === true && pid !== undefined && launched === undefined) await portClosed(pid, port, signal);
};
