/**
 * May this process be touched? The default action of SIGUSR1 is to end a process, so it goes only to one that is seen to
 * be Node and seen to catch it, now. In: what the kernel says of a process. Out: nothing, or an error that says why not.
 */
import { MemwatchError } from '../errors.js';
import { inOtherNetwork, isNode, processExists, readProcess, type ProcessStatus } from './proc.js';

/** Why a process that is seen cannot be attached to; undefined where it can. */
export const obstacleOf = (
  status: ProcessStatus,
): { code: 'not-node' | 'not-attachable'; reason: string; hint: string } | undefined => {
  const refuse = (reason: string, hint: string, code: 'not-node' | 'not-attachable' = 'not-attachable') => ({
    code,
    reason,
    hint,
  });
  const { pid, state, command } = status;
  if (!isNode(status))
    return refuse(`is not Node.js but ${status.executable}`, 'memwatch ps lists the Node processes', 'not-node');
  if (state === 'T') return refuse('is stopped (SIGSTOP)', `let it run first: kill -CONT ${pid}`);
  if (state === 't') return refuse('is stopped by a debugger such as gdb or strace', 'end that debugger first');
  if (state === 'Z' || state === 'X')
    return refuse('has ended, its parent has not taken notice yet', 'there is nothing to look at');
  if (status.catchesSigusr1) return undefined;
  if (hasFlag(command, '--permission') || hasFlag(command, '--experimental-permission')) {
    return refuse(
      'runs under the permission model, which allows no inspector',
      'start it with --allow-inspector --inspect (Node 24 and later)',
    );
  }
  if (status.blocksSigusr1 && status.uptimeSeconds < 2) return refuse('is still starting', 'try again in a second');
  if (hasFlag(command, '--disable-sigusr1') || status.blocksSigusr1) {
    return refuse('runs with --disable-sigusr1', 'start it with --inspect=127.0.0.1:0, or without --disable-sigusr1');
  }
  return refuse(
    'does not catch SIGUSR1, which would end it',
    'start it with --inspect=127.0.0.1:0; memwatch finds the port',
  );
};

const hasFlag = (command: readonly string[], flag: string): boolean => command.slice(1).includes(flag);

/** Throws unless SIGUSR1 can be sent, and, with `startTicks`, unless it is still the same process. */
export const checkSignalSafe = (status: ProcessStatus, startTicks = status.startTicks): void => {
  if (status.startTicks !== startTicks) {
    throw new MemwatchError('no-such-process', `process ${status.pid} ended, and its id now names another process`);
  }
  const obstacle = obstacleOf(status);
  if (obstacle === undefined) return;
  throw new MemwatchError(obstacle.code, `process ${status.pid} ${obstacle.reason}`, { hint: obstacle.hint });
};

/** The process, when it exists, may be looked into, and its sockets can be reached from here. */
export const checkReachable = (pid: number): ProcessStatus => {
  const status = readProcess(pid);
  if (status === undefined) throw unreadable(pid);
  if (isNode(status) && inOtherNetwork(pid)) {
    throw new MemwatchError('not-attachable', `process ${pid} is in another network namespace (a container)`, {
      hint: `run memwatch inside it, or: nsenter --net --target ${pid} memwatch …`,
    });
  }
  if (!isNode(status) || status.state === 'T' || status.state === 't') checkSignalSafe(status);
  return status;
};

const unreadable = (pid: number): MemwatchError => {
  if (!processExists(pid)) {
    return new MemwatchError('no-such-process', `there is no process ${pid}`, {
      hint: 'memwatch ps lists the Node processes',
    });
  }
  return new MemwatchError('no-permission', `process ${pid} belongs to another user`, {
    hint: `run memwatch as that user, or as root`,
  });
};
