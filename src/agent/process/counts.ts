/**
 * What a process has open and running, as Linux counts it: file descriptors, threads, child processes. In: a pid. Out:
 * counts, or the kinds of descriptors. Nothing here touches the process.
 */
import { readdirSync } from 'node:fs';
import { childProcessIds, hasProc, readLink, readProcess, readText } from './proc.js';
import { socketPeers } from './sockets.js';

export interface ProcessCounts {
  /** null if the system does not say. */
  readonly fileDescriptors: number | null;
  readonly threads: number | null;
  readonly childProcesses: number | null;
}

export const readProcessCounts = (pid: number): ProcessCounts => {
  const threads = Number(/^Threads:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? Number.NaN) || null;
  const listingOpensOne = pid === process.pid ? 1 : 0;
  const files = namesOfDescriptors(pid);
  return {
    fileDescriptors: files === undefined ? null : files.length - listingOpensOne,
    threads,
    childProcesses: threads === null ? null : childProcessIds(pid).length,
  };
};

/** The RSS of its child processes together; shared pages are counted once for each child. */
export const readChildrenRss = (pid: number): number =>
  childProcessIds(pid).reduce((sum, child) => sum + (readProcess(child)?.rssBytes ?? 0), 0);

/** How many descriptors there are of each kind: `file /tmp/upload_#`, `socket to 10.0.0.1:5432`, `pipe`. */
export const readDescriptorKinds = (pid: number): ReadonlyMap<string, number> => {
  const peers = socketPeers(pid);
  const kinds = new Map<string, number>();
  for (const fd of namesOfDescriptors(pid) ?? []) {
    const kind = kindOf(readLink(`/proc/${pid}/fd/${fd}`), peers);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
};

const namesOfDescriptors = (pid: number): string[] | undefined => {
  try {
    return hasProc ? readdirSync(`/proc/${pid}/fd`) : undefined;
  } catch {
    return undefined;
  }
};

/** Replaces digits and hexadecimal words, which differ from file to file, so that paths of one kind become equal. */
const kindOf = (link: string, peers: ReadonlyMap<string, string>): string => {
  const socket = /^socket:\[(\d+)\]$/.exec(link)?.[1];
  if (socket !== undefined) return peers.get(socket) ?? 'socket';
  if (link.startsWith('pipe:')) return 'pipe';
  if (link.startsWith('anon_inode:')) return link.slice('anon_inode:'.length);
  return `file ${link.replace(/ \(deleted\)$/, '').replaceAll(/[0-9a-f]*\d[0-9a-f]*/gi, '#')}`;
};
