/**
 * The agent's own door: a Unix socket in a folder that only this user can enter. In: a line `open`. Out: `open` when the
 * inspector listens on loopback, or why it does not. memwatch closes it again when it detaches.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { processExists } from '../agent/process/proc.js';
import { messageOf } from '../errors.js';
import { keepNewest, makeOwnFolder, makePrivate } from '../files/evidence-folder.js';
import type { MainThread } from './main-thread.js';

/** `runtime`: the folder for this user's sockets. Rejects if it cannot listen there. */
export const openDoor = (runtime: string, main: MainThread): Promise<Server> => {
  const folder = join(runtime, `memwatch-${process.geteuid?.() ?? 0}`);
  makeOwnFolder(folder);
  makePrivate(folder, 0o700); // one that is there may be open to others, who could put another socket in its place
  const isUsed = (name: string): boolean => name !== `${process.pid}.door` && processExists(Number.parseInt(name));
  keepNewest(folder, /^\d+\.door$/, 0, isUsed);
  const path = join(folder, `${process.pid}.door`);
  const server = createServer((socket) => void answer(socket, main));
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(path, () => {
      makePrivate(path);
      resolve(server);
    });
  });
};

const answer = (socket: Socket, main: MainThread): void => {
  socket.on('error', () => {}); // memwatch has gone
  socket.once('data', (chunk) => {
    const opened = String(chunk) === 'open\n' ? main.openInspector() : Promise.reject(new Error('not understood'));
    opened.then(
      () => socket.end('open\n'),
      (error: unknown) => socket.end(`${messageOf(error)}\n`),
    );
  });
};
