/**
 * One memwatch at a time opens the inspector of a process, and one at a time uses a port that processes share (9229): two
 * at once would cut each other off when the first moves the inspector, or make one of the processes fail to open its own.
 * A lock is a socket without a file, which the kernel frees with its holder.
 */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfInterrupted } from '../../errors.js';
import { innerPid, type ProcessStatus } from '../process/proc.js';

export interface LockOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((text: string) => void) | undefined;
}

/** For looking whether a process has an inspector, and opening it. It may hold the lock of a port inside, never around it. */
export const withProcessLock = <T>(status: ProcessStatus, options: LockOptions, body: () => Promise<T>): Promise<T> =>
  withLock(`process-${innerPid(status.pid)}-${status.startTicks}`, 60_000, options, body);

export const withPortLock = <T>(port: number, options: LockOptions, body: () => Promise<T>): Promise<T> =>
  port === 0 ? body() : withLock(`inspector-port-${port}`, 30_000, options, body); // 0 is any free one: nobody waits for it

/** Waits for its turn; goes on without it after the time, since the lock is a courtesy and who holds it may be anyone. */
const withLock = async <T>(
  name: string,
  patienceMs: number,
  options: LockOptions,
  body: () => Promise<T>,
): Promise<T> => {
  const release = await acquire(`\0memwatch-${name}`, patienceMs, options);
  try {
    return await body();
  } finally {
    release();
  }
};

const acquire = async (name: string, patienceMs: number, options: LockOptions): Promise<() => void> => {
  for (const start = Date.now(); Date.now() - start < patienceMs; await sleep(30)) {
    throwIfInterrupted(options.signal);
    const release = await tryAcquire(name);
    if (release !== undefined) return release;
    options.onProgress?.('waiting for another memwatch, which is attaching');
  }
  return () => {};
};

const tryAcquire = (name: string): Promise<(() => void) | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(undefined));
    server.listen(name, () => resolve(() => void server.close()));
  });
