/**
 * For a process that was sent SIGUSR1 but did not open its inspector in time: it opens one when its main thread runs again,
 * and then nothing would close it. So a small process stays behind to do that. In: a process. Out: nothing.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The longest that it waits. */
export const closeLaterMinutes = 60;

const program = fileURLToPath(new URL('close-later-worker.js', import.meta.url));

/** Starts that process in a session of its own, so that Ctrl-C does not reach it. It also ends when the target does. */
export const closeLater = (pid: number, startTicks: number): void => {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const options = { detached: true, stdio: 'ignore', cwd: '/', env } as const;
  const child = spawn(process.execPath, [program, String(pid), String(startTicks)], options);
  child.on('error', () => {}); // the user can still run memwatch detach
  child.unref();
};

/** Says in words that a process may open its inspector later. */
export const whoCloses = (pid: number): string =>
  `a small memwatch process waits up to ${closeLaterMinutes} minutes to close it; memwatch detach ${pid} closes it, too`;
