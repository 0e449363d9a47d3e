/**
 * May this process be touched? The default action of SIGUSR1 is to end a process, so it is sent only to one that is, at
 * that moment, seen to be Node and seen to catch it. In: what the kernel says about a process. Out: nothing, or an error
 * that says why not.
 */
import { MemwatchError } from '../../errors.js';
import { inspectorListener, startsWithInspector } from './port.js';
import { checkOwnProc } from '../process/from-proc.js';
import { listeningPorts } from '../process/sockets.js';
import { whyDenied, whyNoSignal } from '../process/permission.js';
import { stopOf } from '../process/waits.js';
import { missingForInspector } from '../process/inspector-needs.js';
import { leastMemory, missingMemory } from '../process/least-memory.js';
import { nodeOfOtherName } from '../process/single-executable.js';
import { whyUnreachable } from '../process/network.js';
import {
  ancestorsOf,
  childProcessIds,
  hasEnded,
  hasProc,
  isInInnerLoop,
  isNode,
  isSameStart,
  nodeFlags,
  readProcess,
  type ProcessStatus,
} from '../process/proc.js';

export interface Obstacle {
  readonly code: 'not-node' | 'not-attachable' | 'no-permission';
  /** Continues a sentence that begins `process 123`. */
  readonly reason: string;
  readonly hint: string;
}

/** Why memwatch cannot use a process at all; undefined if an inspector that is already open could be used. */
export const barrierOf = (status: ProcessStatus): Obstacle | undefined => {
  const { pid, state } = status;
  const refuse = (reason: string, hint: string): Obstacle => ({ code: 'not-attachable', reason, hint });
  if (hasEnded(status))
    return refuse('has ended and is waiting for its parent to collect it', 'there is nothing left to look at');
  if (!isNode(status)) {
    const reason = `is not Node.js but ${status.executable}`;
    return { code: 'not-node', reason, hint: 'memwatch ps lists the Node processes' };
  }
  if (!status.permitted) return { code: 'no-permission', ...whyDenied(pid) };
  if (waitsForUs(pid))
    return refuse(
      'waits until this memwatch has ended: it started it synchronously',
      'start memwatch with spawn or exec, not with spawnSync or execSync',
    );
  const stop = stopOf(state, pid);
  return stop === undefined ? undefined : refuse(stop.how, stop.hint);
};

/** It started memwatch, or a parent of memwatch, in spawnSync: its newest child. It goes on when memwatch has ended. */
const waitsForUs = (pid: number): boolean => {
  const chain = [process.pid, ...ancestorsOf(process.pid)];
  const ours = chain[chain.indexOf(pid) - 1];
  if (ours === undefined || !isInInnerLoop(pid)) return false;
  const startOf = (child: number): number => readProcess(child)?.startTicks ?? 0;
  return childProcessIds(pid).every((child) => startOf(child) <= startOf(ours));
};

/**
 * Why SIGUSR1 must not be sent to a process without an inspector; undefined if it may. `isAsked`: the user was asked, where
 * the system does not say whether the process catches it. `workers`: cluster workers to which it passes the signal on.
 */
export const obstacleOf = (status: ProcessStatus, isAsked = false, workers = 0): Obstacle | undefined => {
  const { pid, catchesSigusr1, blocksSigusr1, uptimeSeconds } = status;
  const barrier = barrierOf(status);
  if (barrier !== undefined) return barrier;
  const denial = whyNoSignal(pid);
  if (denial !== undefined) return { code: 'no-permission', ...denial };
  const missing = missingForInspector(pid, workers);
  if (missing !== undefined) return { code: 'not-attachable', ...missing };
  if (catchesSigusr1 === true) return undefined;
  const refuse = (reason: string, hint: string): Obstacle => ({ code: 'not-attachable', reason, hint });
  const flags = nodeFlags(status);
  if (flags.includes('--permission') || flags.includes('--experimental-permission')) {
    return refuse(
      'runs under the permission model, which allows no inspector',
      `start it without that model; on Node 24 and later, with --allow-inspector --inspect=127.0.0.1:0 or with the agent inside (memwatch run --help); on Node 20 and 22, with --heapsnapshot-signal=SIGUSR2 and --allow-fs-write for its folder: kill -USR2 ${pid} then writes a snapshot for memwatch heap`,
    );
  }
  if (flags.includes('--disable-sigusr1')) {
    return refuse(
      'runs with --disable-sigusr1',
      'start it without, with --inspect=127.0.0.1:0 (memwatch finds the port), or with the agent inside: memwatch run --help',
    );
  }
  if (catchesSigusr1 === null && uptimeSeconds < 3) return refuse('is still starting', 'try again in a few seconds');
  if (catchesSigusr1 === null && isAsked) return undefined;
  if (catchesSigusr1 === null)
    return refuse(
      'may not handle SIGUSR1, which would end it then: this system keeps no record of the signals that a process catches',
      `memwatch asks for your consent on a terminal; or send it yourself, with kill -USR1 ${pid}, and memwatch uses the inspector that opens`,
    );
  if (blocksSigusr1 && uptimeSeconds < 2) return refuse('is still starting', 'try again in a second');
  if (blocksSigusr1) return refuse('blocks SIGUSR1', 'start it with --inspect=127.0.0.1:0: memwatch finds the port');
  return refuse(
    'does not catch SIGUSR1, which would end it',
    'start it with --inspect=127.0.0.1:0: memwatch finds the port',
  );
};

/** SIGUSR1 goes out only after a question: the system does not say whether it is caught, and no inspector is open. */
export const needsConsent = (status: ProcessStatus): boolean =>
  status.catchesSigusr1 === null && !startsWithInspector(status) && inspectorListener(status.pid) === undefined;

/** What to ask the user before SIGUSR1 is sent to a process; undefined if there is nothing to ask. */
export const questionBeforeSignal = (pid: number): string | undefined => {
  if (hasProc) return undefined;
  const status = readProcess(pid);
  if (status === undefined || obstacleOf(status, true) !== undefined || !needsConsent(status)) return undefined;
  return (
    `Process ${pid} runs ${status.executable}, and no flag or NODE_OPTIONS of it turns SIGUSR1 off. memwatch opens its inspector ` +
    'by that signal. This system does not say whether the process catches it; if it does not, the signal ends it. Send it?'
  );
};

/** Throws unless SIGUSR1 may be sent, and, with `startTicks`, unless it is still the same process. */
export const checkSignalSafe = (status: ProcessStatus, isAsked = false, startTicks = status.startTicks): void => {
  if (!isSameStart(status.startTicks, startTicks)) {
    throw new MemwatchError('no-such-process', `process ${status.pid} ended, and its id now names another process`);
  }
  throwObstacle(status.pid, obstacleOf(status, isAsked));
};

/** Throws if it lacks what an inspector takes: Node would end it. */
export const checkInspectorNeeds = (pid: number): void => {
  const missing = missingForInspector(pid);
  throwObstacle(pid, missing && { code: 'not-attachable', ...missing });
};

/** Throws if it lacks the memory that is used once the inspector is open. */
export const checkLeastMemory = (pid: number): void => {
  const missing = missingMemory(pid, leastMemory.whenOpen);
  throwObstacle(pid, missing && { code: 'not-attachable', ...missing });
};

/** Returns the process if it exists, may be looked into, and its sockets can be reached from here. */
export const checkReachable = async (pid: number): Promise<ProcessStatus> => {
  if (process.platform === 'win32') throw onWindows(pid);
  if (pid === process.pid) {
    throw new MemwatchError('bad-argument', `process ${pid} is this memwatch itself`, {
      hint: 'memwatch ps lists the others',
    });
  }
  if (hasProc) checkOwnProc();
  const status = readProcess(pid);
  if (status === undefined) {
    throw new MemwatchError('no-such-process', `there is no process ${pid}`, {
      hint: 'memwatch ps lists the Node processes',
    });
  }
  const otherName = isNode(status) ? undefined : nodeOfOtherName(pid);
  if (otherName !== undefined) throw notByPid(status, otherName);
  throwObstacle(pid, barrierOf(status) ?? (await networkObstacle(pid)));
  return status;
};

/** Why its sockets cannot be reached; undefined if they can. */
export const networkObstacle = async (pid: number): Promise<Obstacle | undefined> => {
  const denial = await whyUnreachable(pid);
  if (denial === undefined) return undefined;
  const open = inspectorListener(pid);
  if (open === undefined) return { code: 'not-attachable', ...denial };
  const reason = `${denial.reason}; it listens on ${open.host}:${open.port}, the port of its inspector, which stays open`;
  return { code: 'not-attachable', reason, hint: `${denial.hint}; then memwatch detach ${pid} closes it` };
};

const throwObstacle = (pid: number, obstacle: Obstacle | undefined): void => {
  if (obstacle === undefined) return;
  throw new MemwatchError(obstacle.code, `process ${pid} ${obstacle.reason}`, { hint: obstacle.hint });
};

/** It would catch SIGUSR1, but from outside nothing shows that the handler is Node's and not the program's own. */
const notByPid = (status: ProcessStatus, what: string): MemwatchError => {
  const { pid, executable } = status;
  const open = startsWithInspector(status) ? listeningPorts(pid).filter(({ loopback }) => loopback) : [];
  const addresses = open.map(({ host, port }) => `${host}:${port}`);
  return new MemwatchError('not-attachable', `process ${pid} is ${what}: ${executable}`, {
    hint:
      addresses.length === 0
        ? 'start it with NODE_OPTIONS=--inspect=127.0.0.1:9229, and name that address: memwatch cpu 127.0.0.1:9229'
        : `name the address of its inspector instead: memwatch cpu ${addresses.join(', or ')}`,
  });
};

const onWindows = (pid: number): MemwatchError =>
  new MemwatchError('not-attachable', `memwatch does not look at processes on Windows, so it cannot attach to ${pid}`, {
    hint: `node -e "process._debugProcess(${pid})" opens its inspector; then name the address: memwatch attach 127.0.0.1:9229`,
  });
