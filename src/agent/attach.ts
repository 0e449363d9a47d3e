/**
 * Attaching to a target and leaving it as it was. In: a Target. Out: an Attachment, whose detach undoes everything that
 * was done to the target, last first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import { isNode, listeningPorts, readProcess } from './proc.js';
import { connectSession, type Session } from './protocol.js';
import type { Target } from './target.js';

export interface Attachment {
  /** The operating system's id of the target; undefined where it is on another host. */
  readonly pid: number | undefined;
  /** `v22.23.3`. */
  readonly nodeVersion: string;
  /** The thread that the target names: the main thread, or a worker. */
  readonly session: Session;
  /** The inspector was closed before memwatch came, and is closed again by detach. */
  readonly opened: boolean;
  /** Registers what must be undone before memwatch leaves; run last first, once, also on errors and Ctrl-C. */
  onDetach(undo: () => Promise<void> | void): void;
  detach(): Promise<void>;
}

export interface AttachOptions {
  signal?: AbortSignal | undefined;
  /** Told in words what attach is waiting for. */
  onProgress?: ((text: string) => void) | undefined;
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

/** Throws no-such-process, not-node, not-attachable, no-answer, port-taken. */
export const attach = async (target: Target, options: AttachOptions = {}): Promise<Attachment> => {
  if (target.kind !== 'pid') throw new MemwatchError('bad-argument', `attaching by ${target.kind} is not built yet`);
  const { url, opened } = await openInspector(target.pid, options);
  const session = await connectSession(url);
  const version = await session.send('Runtime.evaluate', { expression: 'process.version', returnByValue: true });
  const undos: (() => Promise<void> | void)[] = [];
  let detached: Promise<void> | undefined;
  const detach = async (): Promise<void> => {
    for (const undo of undos.toReversed()) await undo();
    if (opened) await closeInspector(session);
    await session.close();
  };
  return {
    pid: target.pid,
    nodeVersion: String(version.result.value),
    session,
    opened,
    onDetach: (undo) => undos.push(undo),
    detach: () => (detached ??= detach()),
  };
};

const openInspector = async (pid: number, options: AttachOptions): Promise<{ url: string; opened: boolean }> => {
  const already = await findInspector(pid);
  if (already !== undefined) return { url: already, opened: false };
  sendSigusr1(pid);
  for (let waited = 0; waited < 5000; waited += 20) {
    throwIfInterrupted(options.signal);
    const url = await findInspector(pid);
    if (url !== undefined) return { url, opened: true };
    await sleep(20);
  }
  throw new MemwatchError('no-answer', `process ${pid} did not open an inspector within 5 s`);
};

/** The default action of SIGUSR1 ends a process: it is sent only to a Node that is seen to catch it. */
const sendSigusr1 = (pid: number): void => {
  const status = readProcess(pid);
  if (status === undefined) throw new MemwatchError('no-such-process', `there is no process ${pid}`);
  if (!isNode(status)) throw new MemwatchError('not-node', `process ${pid} is not Node.js: ${status.executable}`);
  if (!status.catchesSigusr1) throw new MemwatchError('not-attachable', `process ${pid} does not catch SIGUSR1`);
  process.kill(pid, 'SIGUSR1');
};

const findInspector = async (pid: number): Promise<string | undefined> => {
  for (const { host, port } of listeningPorts(pid)) {
    const list = await fetch(`http://${host}:${port}/json/list`, { signal: AbortSignal.timeout(1000) })
      .then((answer) => answer.json())
      .catch(() => undefined);
    const url: unknown = Array.isArray(list) ? list[0]?.webSocketDebuggerUrl : undefined;
    if (typeof url === 'string') return url;
  }
  return undefined;
};

const closeInspector = async (session: Session): Promise<void> => {
  const close = `setTimeout(() => process.getBuiltinModule('inspector').close(), 50).unref()`;
  await session.send('Runtime.evaluate', { expression: close }).catch(() => {});
};
