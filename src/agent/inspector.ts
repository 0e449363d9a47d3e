/**
 * The inspector of a process on this machine: found by the sockets that the process itself owns, opened by SIGUSR1 where
 * that is safe. In: a pid. Out: its WebSocket address. Never takes another process's inspector for it.
 */
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError } from '../errors.js';
import { evaluate } from './evaluate.js';
import { makeRoomOnPort } from './port.js';
import { describeWait, hasChildren, innerPid, readProcess, waitsForEvents } from './proc.js';
import { connectSession, type Session } from './protocol.js';
import { checkReachable, checkSignalSafe } from './safety.js';
import { listeningPorts, type ListeningPort } from './sockets.js';

export interface InspectorOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((text: string) => void) | undefined;
  /** How long a process may take to open its inspector; it is not told apart from one that never will. */
  timeoutMs?: number | undefined;
}

export interface OpenInspector {
  readonly url: string;
  /** It was closed before, and memwatch opened it. */
  readonly opened: boolean;
}

/** Throws no-such-process, not-node, not-attachable, no-permission, port-taken, no-answer. */
export const openInspector = async (pid: number, options: InspectorOptions = {}): Promise<OpenInspector> => {
  const status = checkReachable(pid);
  const already = await findInspector(pid);
  if (already !== undefined) return { url: already, opened: false };
  checkSignalSafe(status);
  await makeRoomOnPort(status, options);
  checkSignalSafe(readProcess(pid) ?? status, status.startTicks);
  process.kill(pid, 'SIGUSR1');
  return { url: await waitForInspector(pid, options), opened: true };
};

/** An event loop that was seen idle for so long after the signal did not take it for Node's own. */
const idleMs = 2000;

const waitForInspector = async (pid: number, options: InspectorOptions): Promise<string> => {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const start = Date.now();
  let idleSince = Infinity;
  for (let waited = 0; waited < timeoutMs; waited = Date.now() - start) {
    const url = await findInspector(pid, 'every port');
    if (url !== undefined) return url;
    if (readProcess(pid) === undefined) {
      throw new MemwatchError('no-such-process', `process ${pid} ended while its inspector was being opened`);
    }
    if (options.signal?.aborted === true) throw noInspector(pid, 'interrupted before it opened one', 'interrupted');
    idleSince = waitsForEvents(pid) && !hasChildren(pid) ? Math.min(idleSince, Date.now()) : Infinity;
    if (Date.now() - idleSince > idleMs) {
      throw noInspector(
        pid,
        'opened none though its event loop is idle: it has its own SIGUSR1 handler',
        'not-attachable',
      );
    }
    if (waited > 500) options.onProgress?.(`waiting for ${pid} to open its inspector: ${describeWait(pid)}`);
    await sleep(waited < 500 ? 20 : 100);
  }
  throw noInspector(
    pid,
    `opened none within ${timeoutMs / 1000} s: ${describeWait(pid)}, or has its own SIGUSR1 handler`,
    'no-answer',
  );
};

const noInspector = (pid: number, why: string, code: 'interrupted' | 'no-answer' | 'not-attachable'): MemwatchError => {
  const hint =
    code === 'not-attachable'
      ? 'start it with --inspect=127.0.0.1:0: memwatch finds the port'
      : `if it opens one later, memwatch detach ${pid} --force closes it`;
  return new MemwatchError(code, `process ${pid} was asked for an inspector (SIGUSR1); ${why}`, { hint });
};

/** The address of the inspector that this very process listens on. */
export const findInspector = async (
  pid: number,
  where: 'likely ports' | 'every port' = 'likely ports',
): Promise<string | undefined> => {
  const ports = listeningPorts(pid);
  const wanted = where === 'every port' ? ports : likelyInspectorPorts(pid, ports);
  for (const { host, port } of wanted) {
    const url = await webSocketUrlAt(host, port);
    if (url !== undefined) return url;
  }
  return undefined;
};

/**
 * The ports worth asking: what listens on loopback, or what the command line speaks of. A service's own public port is
 * not asked, because the question would stand in its access log.
 */
const likelyInspectorPorts = (pid: number, ports: readonly ListeningPort[]): readonly ListeningPort[] => {
  const status = readProcess(pid);
  if (status?.command.some((argument) => argument.startsWith('--inspect')) === true) return ports;
  return ports.filter(({ loopback, port }) => loopback || port === 9229);
};

/** The first target's WebSocket address at an inspector's HTTP door; undefined where something else listens. */
export const webSocketUrlAt = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const path = '/json/list';
    const request = get({ host: host.replace(/^\[|\]$/g, ''), port, path, agent: false, timeout: 2000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > 1_000_000) request.destroy();
      });
      answer.on('end', () => resolve(webSocketUrlIn(text)));
      answer.on('error', () => resolve(undefined));
    });
    const late = setTimeout(() => request.destroy(), 2500);
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(late);
      resolve(undefined);
    });
  });

const webSocketUrlIn = (text: string): string | undefined => {
  try {
    const list: unknown = JSON.parse(text);
    const url: unknown = Array.isArray(list) ? list[0]?.webSocketDebuggerUrl : undefined;
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
};

/** Connects, and makes sure that the process behind the address is the one that was named. */
export const connectToProcess = async (url: string, pid: number): Promise<Session> => {
  const session = await connectSession(url);
  try {
    const answered = await evaluate<number>(session, 'process.pid');
    if (answered === innerPid(pid)) return session;
    throw new MemwatchError('port-taken', `${url} belongs to process ${answered}, not to ${pid}`);
  } catch (error) {
    await session.close();
    throw error;
  }
};

/** Waits until the process listens at another address than this one; undefined when it does not within 5 s. */
export const nextInspector = async (pid: number, old: string): Promise<string | undefined> => {
  for (let waited = 0; waited < 5000; waited += 20) {
    const url = await findInspector(pid);
    if (url !== undefined && url !== old) return url;
    await sleep(20);
  }
  return undefined;
};

/** Waits, up to 2 s, until the process listens as an inspector no more. */
export const inspectorClosed = async (pid: number): Promise<void> => {
  for (let waited = 0; waited < 2000 && (await findInspector(pid)) !== undefined; waited += 20) await sleep(20);
};
