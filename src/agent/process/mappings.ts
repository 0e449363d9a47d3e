/**
 * The address space of a process, from /proc/PID/smaps. In: a pid. Out: one Mapping for each piece of address space.
 * Reading it takes a few milliseconds per gigabyte; a target that maps memory meanwhile has to wait.
 */
import { readFileSync } from 'node:fs';
import type { IsolateMemory, Mapping } from '../../analyzer/model/memory.js';
import { MemwatchError } from '../../errors.js';
import { environmentOf, hasProc } from './proc.js';

/** Where the system lists no mappings: what V8 counts, and the rest as one piece. */
export const assumedMappings = (rssBytes: number, isolates: readonly IsolateMemory[]): Mapping[] => {
  const sum = (of: (one: IsolateMemory) => number): number => isolates.reduce((total, one) => total + of(one), 0);
  const [heap, external] = [sum(({ physicalBytes }) => physicalBytes), sum(({ externalBytes }) => externalBytes)];
  const rest = Math.max(0, rssBytes - heap - external);
  return Object.entries({ '[V8 heap]': heap, '[external]': external, '[not listed]': rest }).map(([path, bytes]) => ({
    start: 0,
    end: bytes,
    permissions: 'rw-p',
    path,
    rssBytes: bytes,
    anonymousBytes: bytes,
    swapBytes: 0,
  }));
};

/** Throws `no-permission` or `no-such-process` if the kernel does not let memwatch read it. */
export const readMappings = (pid: number): Mapping[] => {
  try {
    return parseSmaps(readFileSync(`/proc/${pid}/smaps`, 'utf8'));
  } catch (error) {
    throw new MemwatchError('no-permission', `cannot read /proc/${pid}/smaps: ${String(error)}`, {
      hint: 'run memwatch as the user of the process, or with CAP_SYS_PTRACE',
      cause: error,
    });
  }
};

/** Whose malloc it is, by the libraries that are loaded: `jemalloc`, `glibc`; 'unknown' if the program brings its own. */
export const allocatorOf = (mappings: readonly Mapping[]): string => {
  if (!hasProc) return 'unknown';
  const paths = mappings.map(({ path }) => path).filter((path) => path.startsWith('/'));
  const preloaded = paths.map((path) => /lib(jemalloc|tcmalloc|mimalloc)[^/]*\.so/.exec(path)?.[1]).find(Boolean);
  if (preloaded !== undefined) return preloaded;
  if (paths.some((path) => /\/(ld-musl-|libc\.musl-)/.test(path))) return 'musl';
  return paths.some((path) => /\/libc(-[\d.]+|\.so\.6)/.test(path)) ? 'glibc' : 'unknown';
};

const settings = /^(?:MALLOC_|GLIBC_TUNABLES=)/;

/** The variables of its environment that change how it uses memory: `MALLOC_ARENA_MAX=2`. Empty if it may not be read. */
export const memorySettings = (pid: number): string[] =>
  environmentOf(pid).filter((variable) => settings.test(variable));

/** `55d0-55d1 rw-p 00000000 fe:00 26 /path`, and below it lines such as `Rss:   12 kB`. */
export const parseSmaps = (text: string): Mapping[] => {
  const mappings: Mapping[] = [];
  const pieces = text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  for (const piece of pieces) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/m.exec(piece);
    if (head === null) continue;
    const [, start = '', end = '', permissions = '', path = ''] = head;
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      permissions,
      path,
      rssBytes: kilobytes(piece, 'Rss'),
      anonymousBytes: kilobytes(piece, 'Anonymous'),
      swapBytes: kilobytes(piece, 'Swap'),
    });
  }
  return mappings;
};

const kilobytes = (piece: string, field: string): number => {
  const at = piece.indexOf(`\n${field}:`);
  return at === -1 ? 0 : Number.parseInt(piece.slice(at + field.length + 2), 10) * 1024;
};
