/**
 * One memwatch at a time has a process open its port, which processes share (9229), until it has moved that inspector away: two at once would make one
 * of the processes fail to open its own. The lock is a socket without a file, which the kernel frees with its holder.
 */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for its turn; goes on without it after 5 s, since the lock is a courtesy and who holds it may be anyone. */
export const withPortLock = async <T>(port: number, body: () => Promise<T>): Promise<T> => {
  if (port === 0) return body(); // any free port: nobody's turn is taken
  const release = await acquire(`\0memwatch-inspector-port-${port}`);
  try {
    return await body();
  } finally {
    release();
  }
};

const acquire = async (name: string): Promise<() => void> => {
  for (let waited = 0; waited < 5000; waited += 30) {
    const release = await tryAcquire(name);
    if (release !== undefined) return release;
    await sleep(30);
  }
  return () => {};
};

const tryAcquire = (name: string): Promise<(() => void) | undefined> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', () => resolve(undefined));
    server.listen(name, () => resolve(() => void server.close()));
  });
