/**
 * Attaching to a target and leaving it as it was. In: a Target. Out: an Attachment, whose detach undoes everything that was
 * done to the target, in reverse order.
 */
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import { evaluate } from '../session/evaluate.js';
import { describeWait, programOf, runsOn } from '../process/proc.js';
import { describeSilentWorker } from '../process/threads.js';
import { enterGuardOfWorker } from '../session/guard.js';
import { watchEnd } from './end-of-target.js';
import type { Program } from './launch.js';
import { leave, openLink, type Link, type LinkOptions } from './link.js';
import { NoAnswer, type Session } from '../session/protocol.js';
import type { Target } from './target.js';
import { chooseWorker, watchWorkers, type WorkerThread, type Workers } from '../session/workers.js';

export interface Attachment {
  /** The operating system's id of the target; undefined if it is not a process of this machine. */
  readonly pid: number | undefined;
  /** The port of its inspector. */
  readonly port: number;
  /** `v22.23.3`. */
  readonly nodeVersion: string;
  /** The thread that the target names: the main thread, or a worker. */
  readonly session: Session;
  /** The main thread; the same as `session` unless the target names a worker. */
  readonly main: Session;
  /** The worker that the target names; undefined for the main thread. */
  readonly worker: WorkerThread | undefined;
  /** memwatch opened the inspector, and detach closes it again. */
  readonly opened: boolean;
  /** This memwatch's name in the guard of the thread behind `session`; functions in the target register under it what to undo. */
  readonly client: string;
  /** The program that memwatch started for a target `-- script.js`. It waits before its first line until `runIfWaiting`. */
  readonly program: Program | undefined;
  /**
   * Aborted when the target has run to its end, or the connection is gone. At its end a target waits for memwatch:
   * Profiler.stop and HeapProfiler.stopSampling still answer, nothing else does. So collect, then detach to let it go.
   */
  readonly ending: AbortSignal;
  /** Lets a program that memwatch started run its first line; does nothing for other targets. */
  runIfWaiting(): Promise<void>;
  /** The worker threads that run now. */
  workers(): Promise<readonly WorkerThread[]>;
  /** Reports worker threads that start later, until the returned function is called. Works only after `workers` was called. */
  readonly onWorker: Workers['onStart'];
  /** Registers what must be undone before memwatch leaves; each runs once, in reverse order, also on errors and Ctrl-C. */
  onDetach(undo: () => Promise<void> | void): void;
  /**
   * If the connection has broken: how the process ended, as the rest of a sentence that begins `process 123`; undefined if it
   * still runs, as one at its end does until memwatch detaches.
   */
  howItEnded(): Promise<string | undefined>;
  /** `detach` was called. */
  hasDetached(): boolean;
  /** Leaves the target as it was. A program that memwatch started is ended if it still runs. */
  detach(): Promise<void>;
}

/**
 * Attaches, runs the body, and detaches whatever happens. Throws what `attach` and the body throw, and `disconnected` with
 * how the target ended if it was cut off meanwhile.
 */
export const withAttachment = async <T>(
  target: Target,
  options: LinkOptions,
  body: (attachment: Attachment) => Promise<T>,
): Promise<T> => {
  const attachment = await attach(target, options);
  try {
    const result = await body(attachment);
    // what a body has to return is kept; after Ctrl-C memwatch itself may have cut the connection
    if (result === undefined && options.signal?.aborted !== true) await throwIfCut(attachment);
    return result;
  } catch (error) {
    throw await withEnd(attachment, error);
  } finally {
    await attachment.detach();
  }
};

/** A body that watches ends when the connection breaks. A program that memwatch started says by its exit code how it ended. */
const throwIfCut = async ({ pid, main, program, howItEnded, hasDetached }: Attachment): Promise<void> => {
  if (program !== undefined || !main.closed.aborted || hasDetached()) return;
  if (pid === undefined) throw new MemwatchError('disconnected', 'the connection to the target broke');
  const how = (await runsOn(pid)) ? 'still runs, but its inspector was closed' : await howItEnded();
  if (how !== undefined) throw new MemwatchError('disconnected', `process ${pid} ${how}`);
};

/** The same error; if it came because the target ended, it says how that was. Detaches then. */
export const withEnd = async (attachment: Attachment, error: unknown): Promise<unknown> => {
  const { pid, worker, ending, howItEnded, detach } = attachment;
  if (error instanceof NoAnswer && pid !== undefined) return whyNoAnswer(pid, worker, error);
  if (!(error instanceof MemwatchError) || error.code !== 'disconnected' || !ending.aborted) return error;
  await quietly(detach); // lets a target at its end go on to its exit code
  const how = await howItEnded();
  if (how === undefined || error.message.endsWith(how)) return error;
  return new MemwatchError('disconnected', `process ${pid} ${how}; ${error.message}`, {
    hint: error.hint,
    cause: error,
  });
};

const whyNoAnswer = async (pid: number, worker: WorkerThread | undefined, error: NoAnswer): Promise<MemwatchError> => {
  const [who, why] =
    worker === undefined
      ? [`process ${pid}`, describeWait(pid)]
      : [`${worker.title} of process ${pid}`, await describeSilentWorker(pid)];
  return new MemwatchError('no-answer', `${error.message}: ${who}: ${why}`, {
    hint: 'when it runs on, it undoes what memwatch did there',
    cause: error,
  });
};

/** Attaches to a target. Throws no-such-process, not-node, not-attachable, no-permission, no-answer, port-taken, not-found. */
export const attach = async (target: Target, options: LinkOptions = {}): Promise<Attachment> => {
  const program = target.kind === 'pid' ? programOf(target.pid) : undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryAttach(target, options);
    } catch (error) {
      if (target.kind === 'pid' && !['', program].includes(programOf(target.pid)))
        throw new MemwatchError('disconnected', `process ${target.pid} has become another program (exec)`, {
          hint: 'memwatch ps shows whether it is Node',
          cause: error,
        });
      // another memwatch may have closed or moved the inspector between the look and the connection
      const cutOff = error instanceof MemwatchError && error.code === 'disconnected';
      if (!cutOff || target.kind !== 'pid' || attempt === 5) throw error;
    }
  }
};

const tryAttach = async (target: Target, options: LinkOptions): Promise<Attachment> => {
  throwIfInterrupted(options.signal);
  const link = await openLink(target, options);
  try {
    const worker = 'worker' in target ? target.worker : undefined;
    const attachment = await attachmentOf(link, worker);
    throwIfInterrupted(options.signal);
    return attachment;
  } catch (error) {
    await leave(link);
    throw error;
  }
};

const attachmentOf = async (link: Link, wantedWorker: string | undefined): Promise<Attachment> => {
  const { main, guard, launched, ending } = link;
  const workers = watchWorkers(main, guard.opened);
  const worker = wantedWorker === undefined ? undefined : chooseWorker(await workers.list(), wantedWorker);
  // a worker is a JavaScript world of its own, with its own guard
  const guardHere = worker === undefined ? guard : await enterGuardOfWorker(worker.session);
  const nodeVersion = await readVersion(main);
  const undos: (() => Promise<void> | void)[] = [];
  let detached: Promise<void> | undefined;
  const detach = async (): Promise<void> => {
    for (const undo of undos.toReversed()) await quietly(undo); // if one fails, the rest must still be undone
    if (guardHere !== guard) await quietly(guardHere.leave);
    if (!ending.aborted) await quietly(workers.leave); // at its end, a target does not answer this
    await leave(link);
    const { reason } = main.closed;
    // the target was left without an answer: the message says so, since what was done there still has to be undone
    if (launched === undefined && reason instanceof MemwatchError && reason.code === 'interrupted') throw reason;
  };
  return {
    pid: link.pid,
    port: link.port,
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
    workers: workers.list,
    onWorker: workers.onStart,
    onDetach: (undo) => undos.push(undo),
    howItEnded: watchEnd(link, () => detached !== undefined),
    hasDetached: () => detached !== undefined,
    detach: () => (detached ??= detach()),
  };
};

const readVersion = async (main: Session): Promise<string> => {
  const version = await evaluate<unknown>(main, 'process.version');
  if (typeof version === 'string' && /^v\d+\./.test(version)) return version;
  throw new MemwatchError('target-error', 'the target does not say which version of Node it is', {
    hint: 'is it the inspector of a Node process?',
  });
};

/**
 * The same attachment seen from one of its workers; its detach leaves that worker alone. Throws no-answer if the worker
 * is in native code.
 */
export const attachToWorker = async (attachment: Attachment, worker: WorkerThread): Promise<Attachment> => {
  const guard = await enterGuardOfWorker(worker.session);
  return {
    ...attachment,
    session: worker.session,
    worker,
    client: guard.client,
    ending: AbortSignal.any([attachment.ending, worker.session.closed]),
    detach: () => quietly(guard.leave),
  };
};

const quietly = async (undo: () => unknown): Promise<void> => {
  try {
    await undo();
  } catch {
    // the target is ending or gone: its guard, or its end, undoes the rest
  }
};
