/**
 * Which process listens on which TCP port: the kernel's socket tables joined with the inodes of a process's open files. In:
 * a pid or a port. Out: ports or pids. Nothing here touches a process.
 */
import { readdirSync } from 'node:fs';
import { processIds, readLink, readText } from './proc-files.js';

export interface ListeningPort {
  /** The address to connect to, IPv6 in brackets; loopback if it listens on every address. */
  readonly host: string;
  readonly port: number;
  /** It listens on loopback only. */
  readonly loopback: boolean;
}

export interface PortHolders {
  readonly held: boolean;
  readonly pids: number[];
  /** How many connections to it are open. */
  readonly connections: number;
}

interface SocketRow {
  readonly inode: string;
  readonly state: string;
  readonly localAddress: string;
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly version: 4 | 6;
}
const listening = '0A';
const established = '01';

/** The TCP ports that this process itself listens on. */
export const listeningPorts = (pid: number, rowsSeenBy = socketRows): ListeningPort[] => {
  const inodes = socketInodes(pid);
  if (inodes.size === 0) return []; // the kernel takes milliseconds for a table of sockets
  return rowsSeenBy(pid)
    .filter(({ inode, state }) => state === listening && inodes.has(inode))
    .map(({ localAddress, port, version }) => ({ port, ...hostOf(localAddress, version) }));
};

/**
 * As `listeningPorts`, for many processes at one moment: the kernel takes milliseconds for a table of sockets, so each
 * network namespace's is read once.
 */
export const openPortReader = (): ((pid: number) => ListeningPort[]) => {
  const known = new Map<string, SocketRow[]>();
  const rowsSeenBy = (pid: number): SocketRow[] => {
    const namespace = readLink(`/proc/${pid}/ns/net`);
    const rows = (namespace === '' ? undefined : known.get(namespace)) ?? socketRows(pid);
    known.set(namespace, rows);
    return rows;
  };
  return (pid) => listeningPorts(pid, rowsSeenBy);
};

/**
 * The processes that listen on a port in the network namespace of this pid. `held` without pids: another user's process
 * holds it.
 */
export const holdersOf = (port: number, seenBy: number): PortHolders => {
  const rows = socketRows(seenBy).filter((row) => row.port === port);
  const inodes = rows.filter(({ state }) => state === listening).map(({ inode }) => inode);
  if (inodes.length === 0) return { held: false, pids: [], connections: 0 };
  const pids = processIds().filter((pid) => {
    const owned = socketInodes(pid);
    return inodes.some((inode) => owned.has(inode));
  });
  return { held: true, pids, connections: rows.filter(({ state }) => state === established).length };
};

/** For each TCP socket that the process can see, by inode: in words, its peer, or the port that its clients connect to. */
export const socketPeers = (seenBy: number): ReadonlyMap<string, string> => {
  const rows = socketRows(seenBy);
  const served = new Set(rows.filter(({ state }) => state === listening).map(({ port }) => port));
  return new Map(
    rows.map((row) => {
      if (row.state === listening) return [row.inode, `socket that listens on port ${row.port}`];
      if (served.has(row.port)) return [row.inode, `socket of a client of port ${row.port}`];
      const { host } = hostOf(row.remoteAddress, row.version);
      return [row.inode, `socket to ${host}:${row.remotePort}`];
    }),
  );
};

/** A host as it is outside a URL: without the brackets of IPv6. */
export const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '');

const socketInodes = (pid: number): Set<string> => {
  const inodes = new Set<string>();
  let files: string[] = [];
  try {
    files = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // it belongs to another user, so its sockets cannot be seen
  }
  for (const fd of files) {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
};

/** The Unix sockets with a path on which this process itself listens: `Num RefCount Protocol Flags Type St Inode Path`. */
export const listeningPaths = (pid: number): string[] => {
  const rows = readText(`/proc/${pid}/net/unix`)
    .split('\n')
    .map((line) => /^\S+ \S+ \S+ 00010000 \S+ \S+ +(\d+) (\/.*)$/.exec(line) ?? []);
  const inodes = socketInodes(pid);
  return rows.flatMap(([, inode = '', path]) => (path !== undefined && inodes.has(inode) ? [path] : []));
};

/** What was read since the event loop gave this code its turn: attaching asks ten times, and each table takes milliseconds. */
const readInThisTurn = new Map<number, SocketRow[]>();

const socketRows = (pid: number): SocketRow[] => {
  const rows = readInThisTurn.get(pid) ?? readSocketRows(pid);
  if (readInThisTurn.size === 0) process.nextTick(() => readInThisTurn.clear());
  readInThisTurn.set(pid, rows);
  return rows;
};

/** `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`, addresses in hexadecimal. */
const readSocketRows = (pid: number): SocketRow[] =>
  ([4, 6] as const).flatMap((version) =>
    readText(`/proc/${pid}/net/${version === 4 ? 'tcp' : 'tcp6'}`)
      .split('\n')
      .slice(1, -1)
      .map((line) => {
        const column = line.trim().split(/\s+/);
        const [localAddress = '', port = '0'] = (column[1] ?? '').split(':');
        const [remoteAddress = '', remotePort = '0'] = (column[2] ?? '').split(':');
        return {
          inode: column[9] ?? '',
          state: column[3] ?? '',
          localAddress,
          port: Number.parseInt(port, 16),
          remoteAddress,
          remotePort: Number.parseInt(remotePort, 16),
          version,
        };
      }),
  );

/**
 * An address of the kernel's table: 32-bit words in the machine's byte order, which is little-endian on every machine that
 * Node supports.
 */
const hostOf = (address: string, version: 4 | 6): { host: string; loopback: boolean } => {
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed());
  if (version === 6) {
    const mapped = /^0{20}ffff/.exec(bytes.join(''));
    if (mapped !== null) return hostOf(address.slice(24), 4);
    const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at]}${bytes[2 * at + 1]}`);
    const loopback = /^0{31}1$/.test(bytes.join(''));
    const everywhere = /^0{32}$/.test(bytes.join(''));
    return { host: loopback || everywhere ? '[::1]' : `[${groups.join(':')}]`, loopback };
  }
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16));
  const everywhere = numbers.every((number) => number === 0);
  return { host: everywhere ? '127.0.0.1' : numbers.join('.'), loopback: numbers[0] === 127 };
};
