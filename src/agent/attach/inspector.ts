/**
 * The inspector of a process on this machine: found among the sockets that the process itself owns, or opened by SIGUSR1 if
 * that is safe. In: a pid. Out: its WebSocket address. Never returns another process's inspector.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import { identify } from '../session/identity.js';
import type { Closer } from './close-later.js';
import { closeUnreachable, makeRoomOnPort, unreachableInspector } from './port.js';
import {
  describeWait,
  hasEnded,
  idleMs,
  innerPid,
  isInInnerLoop,
  mayWaitForChild,
  readProcess,
  watchLoop,
  type ProcessStatus,
} from '../process/proc.js';
import { stopOf } from '../process/waits.js';
import { agentInside, loopbackAdvice } from '../process/network.js';
import { withDeadline } from '../session/patience.js';
import { connectSession, type Session } from '../session/protocol.js';
import { checkSignalSafe } from './safety.js';
import { listeningPorts, withoutBrackets, type ListeningPort } from '../process/sockets.js';
import { webSocketUrlAt } from './web-socket-url.js';

export interface InspectorOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((text: string) => void) | undefined;
  /** How long a process may take to open its inspector. A slower one cannot be told apart from one that never opens it. */
  timeoutMs?: number | undefined;
  maySignal?: boolean | undefined; // see Target
  /** Ports of the process that turned out to be no inspector; asking one that does not answer costs seconds each time. */
  otherPorts?: ReadonlySet<number> | undefined;
}

export interface OpenInspector {
  readonly url: string;
  /** It was closed, and memwatch opened it. */
  readonly opened: boolean;
}

/**
 * `status`: as checkReachable returned it. From the signal on, the closer watches; the caller dismisses it when the guard is
 * in the target. Throws no-such-process, not-node, not-attachable, no-permission, port-taken, no-answer.
 */
export const openInspector = async (
  status: ProcessStatus,
  closer: Closer,
  options: InspectorOptions = {},
): Promise<OpenInspector> => {
  const { pid } = status;
  const already = await findInspector(pid, { ignore: options.otherPorts, signal: options.signal, timeoutMs: quickMs });
  throwIfInterrupted(options.signal);
  if (already !== undefined) return { url: already, opened: false };
  checkSignalSafe(status, options.maySignal);
  const unreachable = await unreachableInspector(pid);
  if (unreachable !== undefined)
    throw new MemwatchError('not-attachable', `process ${pid} ${unreachable}`, { hint: closeUnreachable(pid) });
  await makeRoomOnPort(status, options);
  checkSignalSafe(readProcess(pid) ?? status, options.maySignal, status.startTicks);
  const before = new Set(listeningPorts(pid).map(({ port }) => port));
  closer.start();
  sendSigusr1(pid);
  const opensPort = (): boolean => listeningPorts(pid).some(({ port }) => !before.has(port));
  const url = await waitForInspector(pid, closer, opensPort, options);
  // a port that was open before the signal is an inspector that was slow to answer: memwatch must not close it
  return { url, opened: !before.has(Number(new URL(url).port)) };
};

/** It may end after the last check. */
const sendSigusr1 = (pid: number): void => {
  try {
    process.kill(pid, 'SIGUSR1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') throw endedMeanwhile(pid);
    throw error;
  }
};

const throwIfEnded = (pid: number): void => {
  const status = readProcess(pid);
  if (status === undefined || hasEnded(status)) throw endedMeanwhile(pid);
};

const endedMeanwhile = (pid: number): MemwatchError =>
  new MemwatchError('no-such-process', `process ${pid} ended while its inspector was being opened`);

/** A server of a stuck process answers nothing. A slower inspector is found after the signal, which changes nothing for it. */
const quickMs = 500;
/** `opensPort`: it listens on a port that was not open before the signal, and may be too slow to answer there. */
const waitForInspector = async (
  pid: number,
  closer: Closer,
  opensPort: () => boolean,
  options: InspectorOptions,
): Promise<string> => {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const start = Date.now();
  // an inspector that opens just after Ctrl-C can still be closed again
  const url = await withDeadline(timeoutMs, options.signal, (late) =>
    lookForInspector(pid, closer, opensPort, options, late),
  );
  if (url !== undefined) return url;
  const later = `if it opens one later, ${closer.describe()}`;
  if (options.signal?.aborted === true)
    throw noInspector(pid, 'interrupted before it opened one', 'interrupted', later);
  const others =
    isInInnerLoop(pid) || isStopped(pid) ? '' : ', or it has its own SIGUSR1 handler, or could not open the port';
  const waited = `opened none within ${Math.round((Date.now() - start) / 1000)} s`;
  throw noInspector(pid, `${waited}: ${describeWait(pid)}${others}`, 'no-answer', later);
};

/** A process that has waited this long for a child in spawnSync may wait for minutes. */
const inChildMs = 4000;
const lookForInspector = async (
  pid: number,
  closer: Closer,
  opensPort: () => boolean,
  options: InspectorOptions,
  late: AbortSignal,
): Promise<string | undefined> => {
  const start = Date.now();
  const loop = watchLoop(pid);
  let lastFree = start;
  for (let waited = 0; !late.aborted; waited = Date.now() - start) {
    // after a second, ports that did not answer before are asked again: a busy machine may have been slow
    const ignore = waited < 1000 ? options.otherPorts : undefined;
    const url = await findInspector(pid, { everyPort: true, ignore, signal: late });
    if (url !== undefined) return url;
    throwIfEnded(pid);
    if (loop.hasTurned()) {
      const unreachable = await unreachableInspector(pid);
      if (unreachable !== undefined)
        throw noInspector(pid, `it ${unreachable}`, 'not-attachable', `${loopbackAdvice}; ${closer.describe()}`);
    }
    if (loop.hasTurned() && !opensPort()) {
      closer.dismiss();
      throw noInspector(
        pid,
        `opened none within ${idleMs / 1000} s, and its event loop turns; it may have its own SIGUSR1 handler, or could not open the port`,
        'not-attachable',
        'start it with --inspect=127.0.0.1:0: memwatch finds the port',
      );
    }
    if (!mayWaitForChild(pid) || !isInInnerLoop(pid)) lastFree = Date.now();
    if (Date.now() - lastFree > inChildMs) return undefined;
    if (waited > 500) options.onProgress?.(`waiting for ${pid} to open its inspector: ${describeWait(pid)}`);
    await sleep(waited < 500 ? 20 : 100);
  }
  return undefined;
};

const noInspector = (
  pid: number,
  why: string,
  code: 'interrupted' | 'no-answer' | 'not-attachable',
  hint: string,
): MemwatchError => new MemwatchError(code, `process ${pid} was asked for an inspector (SIGUSR1); ${why}`, { hint });

export interface LookOptions {
  /** Includes ports that other machines can reach. */
  everyPort?: boolean;
  ignore?: ReadonlySet<number> | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

/** The address of an inspector whose socket this process itself owns. */
export const findInspector = async (
  pid: number,
  { everyPort = false, ignore, signal, timeoutMs }: LookOptions = {},
): Promise<string | undefined> => {
  const ports = listeningPorts(pid);
  const wanted = (everyPort ? ports : likelyInspectorPorts(pid, ports)).filter(
    ({ port }) => ignore?.has(port) !== true,
  );
  const looks = wanted.map(async ({ host, port }) => {
    const url = await webSocketUrlAt(host, port, { signal, seenBy: pid, timeoutMs });
    if (url === undefined) throw new MemwatchError('not-found', `no inspector at ${host}:${port}`);
    return url;
  });
  return Promise.any(looks).catch(() => undefined);
};

/**
 * The ports worth asking: those that listen on loopback, or that the command line names. A service's public port is not
 * asked, because the request would appear in its access log.
 */
const likelyInspectorPorts = (pid: number, ports: readonly ListeningPort[]): readonly ListeningPort[] => {
  const status = readProcess(pid);
  if (status?.command.some((argument) => argument.startsWith('--inspect')) === true) return ports;
  return ports.filter(({ loopback, port }) => loopback || port === 9229);
};

const isStopped = (pid: number): boolean => stopOf(readProcess(pid)?.state ?? '', pid) !== undefined;

/** Connects, and checks that the process behind the address is the one that was named. */
export const connectToProcess = async (url: string, pid: number, signal?: AbortSignal): Promise<Session> => {
  const { hostname, port } = new URL(url);
  const agent = await withDeadline(10_000, signal, (late) =>
    agentInside(pid, withoutBrackets(hostname), Number(port), late),
  );
  const session = await connectSession(url, { signal, name: `process ${pid}`, agent, isStopped: () => isStopped(pid) });
  try {
    const answered = await identify(session, url);
    if (answered.pid === innerPid(pid)) return session;
    throw new MemwatchError('port-taken', `${url} belongs to process ${answered.pid}, not to ${pid}`);
  } catch (error) {
    await session.close();
    throw error;
  }
};

/** Waits until the process listens at another address than this one; undefined if it does not within 5 s. */
export const nextInspector = (
  pid: number,
  old: string,
  ignore: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> =>
  withDeadline(5000, signal, async (late) => {
    for (; !late.aborted; await sleep(20)) {
      const url = await findInspector(pid, { ignore, signal: late });
      if (url !== undefined && url !== old) return url;
      throwIfEnded(pid);
    }
    return undefined;
  });
