/**
 * Rounds of work: between two looks at a target it must do what it does. In: how a round goes (time, or a load: a shell
 * command or a function). Out: a function that lets one round pass.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { patienceMs } from '../agent/session/patience.js';
import { MemwatchError, throwIfInterrupted } from '../errors.js';
import type { Progress } from '../progress.js';

/**
 * One round of work: a command for the shell, or a function, which gets a signal that is aborted when the search must
 * stop, and the name of the round.
 */
export type Load = string | ((signal: AbortSignal, round: string) => Promise<unknown> | void);

export interface RoundOptions {
  readonly intervalMs: number;
  /** Run once a round; the round ends with it. */
  readonly load?: Load | undefined;
  /** A load that runs longer has failed; without it the load decides how long a round is. */
  readonly loadTimeoutMs?: number | undefined;
}

/** Lets one round pass. Throws interrupted; disconnected where the target ends meanwhile; bad-argument where the load fails. */
export type Round = (text: string) => Promise<void>;

export const createRound = (options: RoundOptions, io: Progress, ending: AbortSignal): Round => {
  const stop = AbortSignal.any([io.signal, ending]);
  return async (text) => {
    const { load, loadTimeoutMs } = options;
    if (typeof load === 'string') await runLoad(load, loadTimeoutMs, text, io, stop);
    else if (load !== undefined) await callLoad(load, loadTimeoutMs, text, io, stop);
    else await waitFor(options.intervalMs, text, io, stop);
    throwIfInterrupted(io.signal);
    if (ending.aborted) throw new MemwatchError('disconnected', 'the target ended before enough rounds had passed');
  };
};

const waitFor = async (intervalMs: number, text: string, io: Progress, stop: AbortSignal): Promise<void> => {
  const end = performance.now() + intervalMs;
  for (let left = intervalMs; left > 0 && !stop.aborted; left = end - performance.now()) {
    io.progress(`${text}: ${Math.ceil(left / 1000)} s to go`);
    await sleep(Math.min(left, 1000), undefined, { signal: stop }).catch(() => {});
  }
};

/** A shell's own children end with it only as a group, which Windows has not. */
const hasGroups = process.platform !== 'win32';

const kill = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (hasGroups && child.pid !== undefined) process.kill(-child.pid, signal);
  else child.kill(signal);
};

/** A load may have a handler of its own, which must not keep memwatch. */
const end = (child: ChildProcess): void => {
  kill(child, 'SIGTERM');
  const late = setTimeout(() => kill(child, 'SIGKILL'), patienceMs);
  child.once('exit', () => clearTimeout(late));
};

/** Its output goes to stderr, so that stdout holds the answer alone. */
const runLoad = async (
  command: string,
  timeoutMs: number | undefined,
  text: string,
  io: Progress,
  stop: AbortSignal,
): Promise<void> => {
  io.progress(`${text}: running ${command}`);
  const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signal = late === undefined ? stop : AbortSignal.any([stop, late]);
  const child = spawn(command, { shell: true, stdio: ['ignore', 2, 2], detached: hasGroups });
  signal.addEventListener('abort', () => end(child), { once: true });
  const failed = (why: string): MemwatchError =>
    new MemwatchError('bad-argument', `the load failed: ${command} ${why}`, {
      hint: 'run the command on its own to see why',
    });
  const exited = once(child, 'exit').catch((error: unknown) => {
    throw failed(String(error));
  });
  const stopped = new Promise<[]>((resolve) => stop.addEventListener('abort', () => resolve([]), { once: true }));
  const [code, killedBy] = (await Promise.race([exited, stopped])) as [number | null, string | null] | [];
  if (stop.aborted) return; // said by the caller; the load ends meanwhile
  if (late?.aborted === true) throw failed(`runs longer than ${(timeoutMs ?? 0) / 1000} s, the time limit`);
  if (code !== 0) throw failed(`ended with ${code ?? killedBy}`);
};

/** What it throws is the caller's own error, and is thrown on as it is. */
const callLoad = async (
  load: Exclude<Load, string>,
  timeoutMs: number | undefined,
  text: string,
  io: Progress,
  stop: AbortSignal,
): Promise<void> => {
  io.progress(text);
  const late = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signal = late === undefined ? stop : AbortSignal.any([stop, late]);
  const stopped = once(signal, 'abort');
  await Promise.race([load(signal, text), stopped]);
  if (late?.aborted === true && !stop.aborted)
    throw new MemwatchError('bad-argument', `the load runs longer than ${(timeoutMs ?? 0) / 1000} s, the time limit`);
};
