/**
 * Makes sure that an inspector which memwatch asks for is closed even if memwatch is killed or gives up before it is there:
 * a blocked process opens it when its main thread runs again. In: a process. Out: a closer, which starts a small watcher
 * before the signal goes out. The watcher reads a pipe from memwatch. A line says that nothing is left to close. Without a
 * line, the end of the pipe means that memwatch is gone, and the watcher becomes close-later-worker.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '../process/plain-environment.js';

/** The longest that it waits. */
export const closeLaterMinutes = 60;

export interface Closer {
  /** To be called before the signal goes out. */
  start(): void;
  /** Nothing is left to close, or the guard inside the target does it. */
  dismiss(): void;
  /** From now on it waits for the inspector, unless it was dismissed. It ends with the target. */
  takeOver(): void;
  /** Who closes an inspector that opens later, in words. */
  describe(): string;
}

const program = fileURLToPath(new URL('close-later-worker.js', import.meta.url));

export const createCloser = (pid: number, startTicks: number): Closer => {
  let watcher: ChildProcess | undefined;
  const end = (line?: string): void => {
    watcher?.stdin?.end(line);
    watcher?.unref();
  };
  return {
    start: () => (watcher ??= startWatcher([program, String(pid), String(startTicks)])),
    dismiss: () => end('done\n'),
    takeOver: () => end(),
    describe: () =>
      watcher === undefined
        ? `memwatch detach ${pid} closes it`
        : `a small memwatch process waits up to ${closeLaterMinutes} minutes to close it; memwatch detach ${pid} closes it, too`,
  };
};

/** Runs the body with a closer, which takes over if the body has not dismissed it. */
export const withCloser = async <T>(
  { pid, startTicks }: { readonly pid: number; readonly startTicks: number },
  body: (closer: Closer) => Promise<T>,
): Promise<T> => {
  const closer = createCloser(pid, startTicks);
  try {
    return await body(closer);
  } finally {
    closer.takeOver();
  }
};

/** A shell costs a target's container nothing; if there is none, Node itself waits. undefined if neither starts. */
const startWatcher = (args: readonly string[]): ChildProcess | undefined =>
  tryStart('/bin/sh', ['-c', 'read -r done || exec "$0" "$@"', process.execPath, ...args]) ??
  tryStart(process.execPath, args);

/** In a session of its own, so that Ctrl-C does not reach it. */
const tryStart = (file: string, args: readonly string[]): ChildProcess | undefined => {
  const env = plainEnvironment();
  const child = spawn(file, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', env });
  child.on('error', () => {}); // it could not start: then its id is missing
  child.stdin?.on('error', () => {}); // it was killed
  return child.pid === undefined ? undefined : child;
};
