/**
 * Connections to a process in another network namespace (a container). In: a pid and an address that holds inside its
 * namespace. Out: a connected socket. util-linux's nsenter runs `connect-inside-worker.js` there, which connects, hands the socket
 * over and ends. Nothing in the namespace outlives memwatch: that process also ends when its channel to memwatch closes.
 */
import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { createServer, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MemwatchError, messageOf } from '../../errors.js';
import { hasCapability, type Denial } from './permission.js';
import { plainEnvironment } from './plain-environment.js';
import { hasProc, readLink, readText } from './proc.js';

const program = fileURLToPath(new URL('connect-inside-worker.js', import.meta.url));

/** It is in another network namespace than memwatch, so a connection to its sockets has to be made from inside. */
export const inOtherNetwork = (pid: number): boolean => isOther(pid, 'net');

const isOther = (pid: number, kind: 'net' | 'user'): boolean => {
  if (!hasProc) return false;
  const theirs = readLink(`/proc/${pid}/ns/${kind}`);
  return theirs !== '' && theirs !== readLink(`/proc/self/ns/${kind}`);
};

/** Without CAP_SYS_ADMIN, only the network of a user namespace that this user made may be entered, and with it as a whole. */
const entry = (pid: number): string[] => {
  const withUser = !hasCapability('CAP_SYS_ADMIN') && isOther(pid, 'user') ? ['-U', '--preserve-credentials'] : [];
  return ['-t', String(pid), ...withUser, '-n', '--'];
};

/** An agent for HTTP requests that connects as seen by a process; undefined for one in memwatch's own network namespace. */
export const agentInside = async (
  pid: number | undefined,
  host: string,
  port: number,
  signal?: AbortSignal,
): Promise<Agent | undefined> => {
  if (pid === undefined || !inOtherNetwork(pid)) return undefined;
  const socket = await connectInside(pid, host, port, signal);
  return Object.assign(new Agent(), { createConnection: () => socket });
};

/** Time for a Node to start on a busy machine. */
const patienceMs = 10_000;

const connectInside = (pid: number, host: string, port: number, signal?: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const command = [...entry(pid), process.execPath, program, host, String(port)];
    const child = spawn('nsenter', command, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: plainEnvironment() });
    let complaint = '';
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      reject(new MemwatchError('disconnected', `cannot connect to ${host}:${port} in the network of ${pid}: ${why}`));
    };
    const late = setTimeout(() => fail(`no answer within ${patienceMs / 1000} s`), patienceMs);
    const interrupt = (): void => fail('interrupted');
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    child.stderr?.on('data', (text) => (complaint += String(text)));
    child.on('message', (message, socket) => (socket instanceof Socket ? resolve(socket) : fail(String(message))));
    child.on('error', (error) => fail(messageOf(error)));
    child.on('close', () => {
      clearTimeout(late);
      signal?.removeEventListener('abort', interrupt);
      fail(complaint.trim() || 'its helper ended');
    });
  });

/** Why memwatch cannot reach the sockets of a process; undefined if it can. It enters the namespace for a moment to know. */
export const whyUnreachable = async (pid: number): Promise<Denial | undefined> => {
  if (!inOtherNetwork(pid)) return (own ??= whyNoOwnLoopback());
  const where = 'is in another network namespace (as in a container)';
  const inside = 'or run memwatch inside of it';
  const complaint = await tryEntry(pid);
  if (complaint === 'missing') {
    const hint = `install nsenter (of util-linux), ${inside}`;
    return { reason: `${where}, which takes the program nsenter to enter, and there is none`, hint };
  }
  if (complaint !== undefined && !hasCapability('CAP_SYS_ADMIN')) {
    const asRoot = process.getuid?.() === 0 ? '' : 'as root, ';
    const hint = `run memwatch ${asRoot}with CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN), ${inside}`;
    return { reason: `${where}, which memwatch may not enter without CAP_SYS_ADMIN (${complaint})`, hint };
  }
  if (complaint !== undefined)
    return { reason: `${where}, which memwatch could not enter: ${complaint}`, hint: inside.slice('or '.length) };
  if (hasLoopback(pid)) return undefined;
  const missing = hasCapability('CAP_NET_ADMIN')
    ? ''
    : ', with CAP_NET_ADMIN (docker run --cap-add NET_ADMIN), which is missing here';
  const hint = `nsenter --net --target ${pid} ip link set lo up${missing}`;
  return { reason: `${where} without the address 127.0.0.1, on which inspectors listen: lo is down there`, hint };
};

/** What nsenter says if it cannot enter; undefined if it can. */
const tryEntry = (pid: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const child = spawn('nsenter', [...entry(pid), 'true'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 5000 });
    let complaint = '';
    child.stderr.on('data', (text) => (complaint += String(text)));
    child.on('error', (error) => resolve('code' in error && error.code === 'ENOENT' ? 'missing' : messageOf(error)));
    child.on('close', (code) => resolve(code === 0 ? undefined : complaint.trim() || `nsenter ended with ${code}`));
  });

/** Why a connection to an address that holds in the network of a process fails; undefined if it does not. */
export const connectionFault = async (pid: number, host: string, port: number): Promise<string | undefined> => {
  if (!inOtherNetwork(pid)) return faultOf((socket) => void socket.connect(port, host));
  return connectInside(pid, host, port).then(
    (socket) => void socket.destroy(),
    (error: unknown) => messageOf(error).replace(/^.* in the network of \d+: /, ''),
  );
};

let own: Promise<Denial | undefined> | undefined;

/** Connects to itself for a moment: lo may be down, or a firewall in the way. */
const whyNoOwnLoopback = async (): Promise<Denial | undefined> => {
  const server = createServer((other) => other.destroy());
  const fault = await faultOf((socket) => {
    server
      .on('error', (error) => socket.destroy(error))
      .listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address !== null && typeof address === 'object') socket.connect(address.port, '127.0.0.1');
      });
  });
  server.close();
  if (fault === undefined) return undefined;
  const reason = `cannot be reached on 127.0.0.1, on which inspectors listen: memwatch cannot connect to itself there (${fault})`;
  return { reason, hint: loopbackAdvice };
};

export const loopbackAdvice = 'bring loopback up (ip link set lo up), or let the firewall pass it';

/** Why the socket does not connect. */
const faultOf = (connect: (socket: Socket) => void): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = new Socket();
    const end = (fault: string | undefined): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(fault);
    };
    // a memwatch that had to wait for a processor first looks whether the answer is there
    const giveUp = (): void => void setImmediate(() => setImmediate(end, `no answer within ${patienceMs / 1000} s`));
    const late = setTimeout(giveUp, patienceMs);
    socket.on('connect', () => end(undefined));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? messageOf(error)));
    connect(socket);
  });

/** The kernel lists the addresses of a namespace in its routing table; if it does not say, there may be one. */
const hasLoopback = (pid: number): boolean => {
  const routes = readText(`/proc/${pid}/net/fib_trie`);
  return routes.includes('127.0.0.1') || !readText(`/proc/self/net/fib_trie`).includes('127.0.0.1');
};
