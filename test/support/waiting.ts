/** Waiting for something to become true, bounded in time. */
import { listeningPorts } from '#memwatch/agent/process/sockets.js';

/** Checks repeatedly until it is true; throws with the description after `timeoutMs` (30 s). */
export const eventually = async (
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> => {
  for (const start = Date.now(); Date.now() - start < timeoutMs; await new Promise((go) => setTimeout(go, 20))) {
    if (await isTrue()) return;
  }
  throw new Error(`never came true: ${what}`);
};

/** Waits until a process listens on no port. */
export const noPortOpen = (pid: number): Promise<void> =>
  eventually(`process ${pid} listens nowhere`, () => listeningPorts(pid).length === 0, 30_000);
