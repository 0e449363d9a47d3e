/**
 * The port on which a process opens its inspector when it gets SIGUSR1: 9229 unless its command line says otherwise. Only
 * one process can hold it. So memwatch first makes sure that it is free, and moves the inspector that it opened there to
 * another free port at once.
 */
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import { connectionFault, loopbackAdvice } from '../process/network.js';
import { nodeFlags, readProcess, type ProcessStatus } from '../process/proc.js';
import { withDeadline } from '../session/patience.js';
import type { Session } from '../session/protocol.js';
import { holdersOf, listeningPorts, withoutBrackets, type ListeningPort } from '../process/sockets.js';

export const defaultInspectorPort = 9229;

/** Its flags make it open an inspector when it starts. */
export const startsWithInspector = (status: ProcessStatus): boolean =>
  nodeFlags(status).some((flag) => /^--inspect(-brk|-wait)?(=|$)/.test(flag));

/** The port that SIGUSR1 opens in this process, as its flags and NODE_OPTIONS say; 0 means any free one. */
export const sigusr1Port = (status: ProcessStatus): number => {
  const flags = nodeFlags(status);
  let port = defaultInspectorPort;
  for (const [at, flag] of flags.entries()) {
    const value =
      /^--(?:inspect-port|debug-port)=(.*)$/.exec(flag)?.[1] ??
      (/^--(?:inspect|debug)-port$/.test(flag) ? flags[at + 1] : undefined);
    const digits = /(\d+)$/.exec(value ?? '')?.[1];
    if (digits !== undefined) port = Number(digits);
  }
  return port;
};

/**
 * Returns when the port is free; another memwatch frees it within moments. Throws port-taken, naming the process that holds
 * it.
 */
export const makeRoomOnPort = async (
  status: ProcessStatus,
  options: { signal?: AbortSignal | undefined; onProgress?: ((text: string) => void) | undefined },
): Promise<void> => {
  const port = sigusr1Port(status);
  if (port === 0) return;
  for (let waited = 0; waited < 2000; waited += 50) {
    throwIfInterrupted(options.signal);
    if (!holdersOf(port, status.pid).held) return;
    options.onProgress?.(`waiting for port ${port}`);
    await sleep(50);
  }
  const holder = portHolder(status, port);
  if (holder !== undefined) throw portTaken(status, port, holder);
};

const portTaken = (status: ProcessStatus, port: number, holder: string): MemwatchError =>
  new MemwatchError('port-taken', `process ${status.pid} opens its inspector on port ${port}, which ${holder} holds`, {
    hint: `free that port, or start ${status.pid} with NODE_OPTIONS=--inspect-port=0, which lets it take any free one`,
  });

const nameOf = (pid: number): string => {
  const [first = '', ...rest] = readProcess(pid)?.command ?? [];
  return [basename(first), ...rest].join(' ').slice(0, 60);
};

/** The process that holds the port that SIGUSR1 would open, in words; undefined if the port is free. */
export const portHolder = (status: ProcessStatus, port = sigusr1Port(status)): string | undefined => {
  if (port === 0) return undefined;
  const { held, pids } = holdersOf(port, status.pid);
  if (!held) return undefined;
  const names = pids.map((pid) => (pid === status.pid ? 'the process itself' : `process ${pid} (${nameOf(pid)})`));
  return names.length === 0 ? 'a process of another user' : names.join(' and ');
};

/** Where a process listens on the port that SIGUSR1 opens: an inspector, unless its program uses that port. */
export const inspectorListener = (pid: number): ListeningPort | undefined => {
  const status = readProcess(pid);
  return status && listeningPorts(pid).find(({ port }) => port === sigusr1Port(status));
};

/** How to close an inspector that cannot be reached now. */
export const closeUnreachable = (pid: number): string => `${loopbackAdvice}; then memwatch detach ${pid} closes it`;

/**
 * An inspector that is open although memwatch cannot connect to it, because of a firewall or a network that is down:
 * continues a sentence that begins `process 123`. undefined if there is none.
 */
export const unreachableInspector = async (pid: number): Promise<string | undefined> => {
  const listener = inspectorListener(pid);
  if (listener === undefined) return undefined;
  const { host, port } = listener;
  const fault = await connectionFault(pid, withoutBrackets(host), port);
  return fault && `listens on ${host}:${port}, the port of its inspector, and memwatch cannot connect to it (${fault})`;
};

/**
 * Moves the inspector of a target to a free port, which cuts this session; a later SIGUSR1 opens the same port as before.
 * It happens in one command, not in a timer, which a busy target would never run.
 */
export const moveInspector = async (session: Session): Promise<void> => {
  try {
    await evaluate(session, move, [], { closes: true });
  } catch (error) {
    const cut = error instanceof MemwatchError && error.code === 'disconnected';
    if (!cut) throw error;
  }
};

/** Runs in the target. */
const move = (): void => {
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  if (guard === undefined) return;
  guard.builtin('node:inspector').close();
  guard.door.open(0);
};

/** Waits, at most 2 s, until the process no longer listens on the port. */
export const portClosed = (pid: number, port: number, signal: AbortSignal | undefined): Promise<void> =>
  withDeadline(2000, signal, async (late) => {
    const isOpen = (): boolean => listeningPorts(pid).some((listener) => listener.port === port);
    while (!late.aborted && isOpen()) await sleep(20);
  });
