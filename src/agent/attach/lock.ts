/**
 * One memwatch at a time opens the inspector of a process, and one at a time uses a port that processes share (9229).
 * Otherwise the first would cut off the second when it moves the inspector, or one of the processes would fail to open its
 * own. A lock is an abstract socket, which the kernel frees when its holder ends; where there are none, a socket in the folder
 * for temporary files, which nobody answers when its holder has ended.
 */
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfInterrupted } from '../../errors.js';
import { removeFile, temporaryPath } from '../../files/temporary.js';
import { hasProc, innerPid, type ProcessStatus } from '../process/proc.js';

export interface LockOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((text: string) => void) | undefined;
}

/**
 * Held while checking whether a process has an inspector and while opening it. Order of locks: this one first, a port's
 * lock inside it.
 */
export const withProcessLock = <T>(status: ProcessStatus, options: LockOptions, body: () => Promise<T>): Promise<T> =>
  withLock(`process-${innerPid(status.pid)}${hasProc ? `-${status.startTicks}` : ''}`, 60_000, options, body);

export const withPortLock = <T>(port: number, options: LockOptions, body: () => Promise<T>): Promise<T> =>
  // 0 means any free port, so there is nothing to wait for
  port === 0 ? body() : withLock(`inspector-port-${port}`, 30_000, options, body);

/**
 * Waits for its turn, but continues without the lock after the time limit, because any program could hold
 * it.
 */
const withLock = async <T>(
  name: string,
  patienceMs: number,
  options: LockOptions,
  body: () => Promise<T>,
): Promise<T> => {
  const release = await acquire(nameOf(name), patienceMs, options);
  try {
    return await body();
  } finally {
    release();
  }
};

/** Takes a lock that is free; undefined if another process holds it. */
export const holdLock = (name: string): Promise<(() => void) | undefined> => tryAcquire(nameOf(name));

const acquire = async (name: string, patienceMs: number, options: LockOptions): Promise<() => void> => {
  for (const start = Date.now(); Date.now() - start < patienceMs; await sleep(30)) {
    throwIfInterrupted(options.signal);
    const release = await tryAcquire(name);
    if (release !== undefined) return release;
    options.onProgress?.('waiting for another memwatch, which is attaching');
  }
  return () => {};
};

const nameOf = (name: string): string => (hasProc ? `\0memwatch-${name}` : temporaryPath(`memwatch-${name}.lock`));

const tryAcquire = async (name: string): Promise<(() => void) | undefined> => {
  const release = await listenOn(name);
  if (release !== undefined || hasProc || (await isAnswered(name))) return release;
  removeFile(name); // its holder was killed
  return listenOn(name);
};

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => socket.destroy());
    socket.on('error', () => resolve(false)).on('close', (hadError) => resolve(!hadError));
  });

const listenOn = (name: string): Promise<(() => void) | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(undefined));
    server.listen(name, () => resolve(() => void server.close()));
  });
