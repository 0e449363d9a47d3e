/**
 * For a process that was sent SIGUSR1 and did not open its inspector while memwatch was there: it opens one when its main
 * thread runs on, and nobody would close it. A small process of memwatch's own stays for that. In: a process. Out: nothing.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** It waits no longer than this. */
export const closeLaterMinutes = 60;

const program = fileURLToPath(new URL('close-later-worker.js', import.meta.url));

/** Starts the process, in a session of its own, which Ctrl-C does not reach. It ends with the target, too. */
export const closeLater = (pid: number, startTicks: number): void => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const options = { detached: true, stdio: 'ignore', cwd: '/', env } as const;
  const child = spawn(process.execPath, [program, String(pid), String(startTicks)], options);
  child.on('error', () => {}); // what is left then is memwatch detach
  child.unref();
};

/** In words, for whoever is told that a process may open its inspector later. */
export const whoCloses = (pid: number): string =>
  `a process of memwatch's closes it: it waits ${closeLaterMinutes} minutes at most; memwatch detach ${pid} does so, too`;
