/**
 * The door of the agent inside a program: a Unix socket on which its own thread listens, and asks it to open the inspector.
 * In: a process. Out: whether the inspector is open now. It works where SIGUSR1 does not: with --disable-sigusr1, with a
 * handler of the program's own, and under a permission model that allows an inspector.
 */
import { createConnection } from 'node:net';
import { MemwatchError, messageOf } from '../../errors.js';
import type { ProcessStatus } from '../process/proc.js';
import { listeningPaths } from '../process/sockets.js';
import { enterGuardOrClose, type GuardEntry } from '../session/guard.js';
import type { Session } from '../session/protocol.js';
import { withCloser } from './close-later.js';
import { connectToProcess, nextInspector } from './inspector.js';
import { checkInspectorNeeds } from './safety.js';

/** The path of the socket as memwatch reaches it; undefined if no agent of this process listens. */
export const findAgentDoor = (pid: number): string | undefined => {
  const path = listeningPaths(pid).find((one) => /\/memwatch-\d+\/\d+\.door$/.test(one));
  return path === undefined ? undefined : `/proc/${pid}/root${path}`;
};

interface Opened {
  readonly pid: number;
  readonly port: number;
  readonly main: Session;
  readonly guard: GuardEntry;
}

/** Opens the inspector without a signal, on a free port, and connects. Throws `not-attachable`, `no-answer`. */
export const openByAgent = (
  status: ProcessStatus,
  door: string,
  otherPorts: ReadonlySet<number>,
  signal: AbortSignal | undefined,
): Promise<Opened> =>
  withCloser(status, async (closer) => {
    const { pid } = status;
    checkInspectorNeeds(pid);
    closer.start();
    await askToOpen(pid, door, signal);
    const url = await nextInspector(pid, '', otherPorts, signal);
    if (url === undefined) throw new MemwatchError('no-answer', `process ${pid} did not open its inspector`);
    const main = await connectToProcess(url, pid, signal);
    const guard = await enterGuardOrClose(main, true);
    closer.dismiss();
    return { pid, port: Number(new URL(url).port), main, guard };
  });

/** The agent's thread needs the main thread to run JavaScript for a moment. */
const mostMs = 10_000;

/** Returns when the inspector is open, on a free port of loopback. Throws `not-attachable`, `no-answer`. */
const askToOpen = (pid: number, door: string, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(door);
    const fail = (code: 'not-attachable' | 'no-answer' | 'interrupted', why: string): void => {
      socket.destroy();
      reject(new MemwatchError(code, `the agent inside process ${pid} did not open its inspector: ${why}`));
    };
    const interrupt = (): void => fail('interrupted', 'interrupted');
    let answer = '';
    socket.setTimeout(mostMs, () => fail('no-answer', `no answer in ${mostMs / 1000} s`));
    socket.on('error', (error) => fail('not-attachable', messageOf(error)));
    socket.on('data', (chunk) => (answer += String(chunk).slice(0, 1000)));
    socket.on('end', () => {
      if (answer.trim() === 'open') resolve();
      else fail('not-attachable', answer.trim() === '' ? 'it has ended' : answer.trim());
    });
    signal?.addEventListener('abort', interrupt, { once: true });
    socket.on('close', () => signal?.removeEventListener('abort', interrupt));
    socket.write('open\n');
  });
