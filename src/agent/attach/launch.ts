/**
 * Starts the program of a target `-- script.js arguments…`, with an inspector on a free port, stopped before its first
 * line. It shares memwatch's input and output, and ends when memwatch is done with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MemwatchError, messageOf } from '../../errors.js';
import { evaluate } from '../session/evaluate.js';
import type { Guard } from '../session/guard.js';
import { withDeadline } from '../session/patience.js';
import { looksLikeNode } from '../process/proc.js';
import type { Session } from '../session/protocol.js';

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that memwatch started. */
export interface Program {
  readonly pid: number;
  readonly exited: Promise<ProgramEnd>;
}

export interface LaunchOptions {
  /** Where the program's standard output goes; 'stderr' if stdout must hold only memwatch's document. */
  programStdout?: 'inherit' | 'stderr' | undefined;
  /** If this is aborted before memwatch could attach, the program is ended. */
  signal?: AbortSignal | undefined;
}

export interface Launched {
  readonly program: Program;
  readonly url: string;
  readonly child: ChildProcess;
}

const preload = fileURLToPath(new URL('preload.cjs', import.meta.url));
/** The program writes its inspector's address to this file descriptor, which is closed before its first line. */
const addressFd = 3;

/** Starts the program, which then waits for `Runtime.runIfWaitingForDebugger`. Throws if it ends before that. */
export const launch = async (argv: readonly string[], options: LaunchOptions): Promise<Launched> => {
  const [binary, args] = commandOf(argv);
  refuseSpecialFile(args.find((arg) => !arg.startsWith('-')));
  const child = spawn(binary, ['--inspect-publish-uid=http', '--require', preload, ...args], {
    stdio: ['inherit', options.programStdout === 'stderr' ? 2 : 'inherit', 'inherit', 'pipe'],
  });
  const exited = new Promise<ProgramEnd>((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  const url = await addressFrom(child, argv, options.signal);
  return { program: { pid: child.pid ?? -1, exited }, url, child };
};

/** Node would wait for someone to write to a pipe, and read a device without end. */
const refuseSpecialFile = (script: string | undefined): void => {
  const stats = script === undefined ? undefined : statSync(script, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile() || stats.isDirectory()) return;
  throw new MemwatchError('not-attachable', `cannot start ${script}: it is not a regular file`);
};

/** `script.js …` and `--flag script.js …` run on memwatch's own Node; `node …` or `/path/to/node …` on the named one. */
export const commandOf = ([first = '', ...rest]: readonly string[]): [string, readonly string[]] =>
  looksLikeNode(first) ? [first, rest] : [process.execPath, [first, ...rest]];

const addressFrom = (child: ChildProcess, argv: readonly string[], signal: AbortSignal | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      child.kill('SIGKILL'); // its first line has not run yet
      reject(new MemwatchError('interrupted', `interrupted while ${argv.join(' ')} was being started`));
    };
    signal?.addEventListener('abort', stop, { once: true });
    child.on('exit', () => signal?.removeEventListener('abort', stop));
    const fail = (why: string): void =>
      reject(new MemwatchError('not-attachable', `cannot start ${argv.join(' ')}: ${why}`));
    child.on('error', (error) => fail(messageOf(error)));
    child.on('exit', (code, signal) => fail(`it ended with ${signal ?? code} before memwatch could attach`));
    let text = '';
    const pipe = child.stdio[addressFd] as Readable;
    pipe.on('data', (chunk) => {
      text += String(chunk);
      if (!text.endsWith('\n')) return;
      signal?.removeEventListener('abort', stop);
      resolve(text.trim());
    });
  });

export interface ShutdownState {
  /** Ctrl-C has reached the program. */
  readonly interrupted: boolean;
  /** The program installed its own handler for the signal that ends it, and its event loop runs. */
  readonly ownHandler: boolean;
}
export const notInterrupted: ShutdownState = { interrupted: false, ownHandler: false };

/** What the preload has recorded; to be asked for before the session closes. */
export const shutdownState = (session: Session): Promise<ShutdownState> =>
  evaluate(session, readShutdownState, [], { awaitPromise: true, timeoutMs: 500 }).catch(() => notInterrupted);

/** Runs in the target. Sets its timer in a promise reaction, see guard.ts. */
const readShutdownState = async (): Promise<ShutdownState> => {
  await undefined;
  await new Promise((resolve) => void setTimeout(resolve, 0));
  const guard: Guard | undefined = Reflect.get(process, Symbol.for('memwatch'));
  const interrupted = guard?.interrupted === true;
  const ownHandler = interrupted ? process.listenerCount('SIGINT') > 1 : process.listenerCount('SIGTERM') > 0;
  return { interrupted, ownHandler };
};

/**
 * Returns when the program has ended. Without a state the program ends by itself and is waited for; otherwise it gets the
 * signal that the user gave. If it has not ended after 10 s it gets SIGKILL. Throws `interrupted` a moment after Ctrl-C if
 * the program's own handler is still at work.
 */
export const endProgram = async (
  { child, program }: Launched,
  state: ShutdownState | undefined,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const hasOwnHandler = state === undefined || state.ownHandler;
  const endsByItself = state === undefined || (state.interrupted && hasOwnHandler);
  // it did not say: it may be ending by its own handler
  if (state === notInterrupted) await Promise.race([program.exited, sleep(200)]);
  if (!endsByItself && !isOver(child)) child.kill(state.interrupted ? 'SIGINT' : 'SIGTERM');
  await withDeadline(10_000, signal, (late) => Promise.race([program.exited, aborted(late)]));
  if (isOver(child)) return;
  if (signal?.aborted === true && hasOwnHandler) {
    child.unref(); // its own handler will end it
    throw new MemwatchError(
      'interrupted',
      `interrupted: process ${program.pid} is still running its own signal handler`,
      {
        hint: `kill -KILL ${program.pid} ends it at once`,
      },
    );
  }
  child.kill('SIGKILL');
  await program.exited;
};

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** The exit code that memwatch passes on: the program's own, or the one a shell uses for a signal. */
export const programExitCode = async (program: Program): Promise<number> => {
  const { code, signal } = await program.exited;
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
};

/** A terminal sends Ctrl-C to the program as well as to memwatch; a signal that reaches only memwatch is passed on. */
export const forwardSignals = (child: ChildProcess): (() => void) => {
  const signals = process.stdin.isTTY ? (['SIGTERM'] as const) : (['SIGINT', 'SIGTERM', 'SIGHUP'] as const);
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.removeListener(signal, forward);
  };
};
