/**
 * Rounds of work: between two looks at a target, the target must do its usual work. In: what makes a round (a time, or
 * a load: a shell command or a function). Out: a function that lets one round pass.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
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
  /** A load that runs longer has failed; without this, a round lasts as long as the load. */
  readonly loadTimeoutMs?: number | undefined;
}

/**
 * Lets one round pass, or this share of it; a load is one round. Throws interrupted; disconnected if the target ends
 * meanwhile; bad-argument if the load fails.
 */
export type Round = (text: string, share?: number) => Promise<void>;

export const createRound = (options: RoundOptions, io: Progress, ending: AbortSignal): Round => {
  const stop = AbortSignal.any([io.signal, ending]);
  return async (text, share = 1) => {
    const { load, loadTimeoutMs } = options;
    if (typeof load === 'string') await runLoad(load, loadTimeoutMs, text, io, stop);
    else if (load !== undefined) await callLoad(load, loadTimeoutMs, text, io, stop);
    else await waitFor(options.intervalMs * share, text, io, stop);
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

/** A shell's children end with it only if the whole group is ended; Windows has no such groups. */
const hasGroups = process.platform !== 'win32';

const kill = (child: ChildProcess, signal: NodeJS.Signals): void => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (hasGroups && child.pid !== undefined) process.kill(-child.pid, signal);
  else child.kill(signal);
};

/** Ends a shell command with its children. It may handle SIGTERM itself, which must not keep memwatch waiting. */
const endCommand = (child: ChildProcess): void => {
  kill(child, 'SIGTERM');
  const late = setTimeout(() => kill(child, 'SIGKILL'), patienceMs);
  child.once('exit', () => clearTimeout(late));
};

/** Starts a shell command, which an abort ends. Unless it is read, its output goes to stderr, so that stdout holds only the result. */
export const startCommand = (
  command: string,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
  output: 2 | 'pipe' = 2,
): ChildProcess => {
  const child = spawn(command, { shell: true, stdio: ['ignore', output, output], detached: hasGroups, env });
  signal.addEventListener('abort', () => endCommand(child), { once: true });
  return child;
};

/** What is shown of a load's output if it fails: its last lines. */
const shownLines = 5;
const shownCharacters = 1000;

/** Reads what a load prints, which would stand between memwatch's own lines in every round. Out: the end of it. */
const readOutput = (child: ChildProcess): (() => string) => {
  let end = '';
  for (const stream of [child.stdout, child.stderr] as Socket[]) {
    stream.setEncoding('utf8').on('data', (text: string) => (end = (end + text).slice(-shownCharacters)));
    stream.unref(); // what the load leaves running may hold its end open
  }
  return () => end.trimEnd().split('\n').slice(-shownLines).join('\n    ');
};

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
  const child = startCommand(command, signal, process.env, 'pipe');
  const lastOutput = readOutput(child);
  const failed = (why: string): MemwatchError => {
    const said = lastOutput();
    const hint =
      said === '' ? 'it printed nothing; run it on its own to see why' : `the end of its output:\n    ${said}`;
    return new MemwatchError('bad-argument', `the load failed: ${command} ${why}`, { hint });
  };
  const exited = once(child, 'exit').catch((error: unknown) => {
    throw failed(String(error));
  });
  const stopped = new Promise<[]>((resolve) => stop.addEventListener('abort', () => resolve([]), { once: true }));
  const [code, killedBy] = (await Promise.race([exited, stopped])) as [number | null, string | null] | [];
  if (stop.aborted) return; // the caller reports it; the load ends meanwhile
  if (late?.aborted === true) throw failed(`runs longer than ${(timeoutMs ?? 0) / 1000} s, the time limit`);
  if (code === 0) return;
  await Promise.race([once(child, 'close'), sleep(100)]); // its last output may come after its end
  throw failed(`ended with ${code ?? killedBy}`);
};

/** What the function throws is the caller's own error, and is rethrown unchanged. */
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
