/**
 * What the operating system lets a process use apart from its cgroups (ulimits, the host's memory, swap), and how scarce
 * memory is. In: a pid. Out: limits in bytes, with how much of each is used.
 */
import { freemem, totalmem } from 'node:os';
import type { MemoryLimit, MemoryPressure } from '../../analyzer/model/memory.js';
import type { ReadText } from './cgroup.js';
import { hasProc, readText } from './proc.js';

/** The soft limit of a line of `/proc/PID/limits`, such as `Max open files  1024  4096  files`; undefined if unlimited. */
export const softLimit = (limits: string, line: string): number | undefined => {
  const digits = new RegExp(`^${line}\\s+(\\d+)`, 'm').exec(limits)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const ulimits = [
  { line: 'Max address space', of: 'ulimit -v (address space)', used: 'VmSize' },
  { line: 'Max data size', of: 'ulimit -d (data)', used: 'VmData' },
] as const;

/** `pid`: 'self' if the target reads about itself. */
export const readUlimits = (pid: number | 'self', read: ReadText = readText): MemoryLimit[] => {
  const [limits, status] = [read(`/proc/${pid}/limits`), read(`/proc/${pid}/status`)];
  return ulimits.flatMap(({ line, of, used }) => {
    const limitBytes = softLimit(limits, line);
    return limitBytes === undefined
      ? []
      : [{ of, kind: 'ulimit' as const, limitBytes, usedBytes: bytesOf(status, used) ?? 0 }];
  });
};

/** What the host can give without swapping; undefined if the kernel does not say. */
export const hostAvailableBytes = (read: ReadText = readText): number | undefined =>
  bytesOf(read('/proc/meminfo'), 'MemAvailable');

/** Swap space that is free; 0 if there is none. */
export const freeSwapBytes = (read: ReadText = readText): number => bytesOf(read('/proc/meminfo'), 'SwapFree') ?? 0;

export const readHostLimits = (): MemoryLimit[] => {
  if (!hasProc)
    return [{ of: 'the memory of the host', kind: 'host', limitBytes: totalmem(), usedBytes: totalmem() - freemem() }];
  const info = readText('/proc/meminfo');
  const bytes = (field: string): number => bytesOf(info, field) ?? 0;
  const [total, available] = [bytes('MemTotal'), bytes('MemAvailable')];
  const [swap, freeSwap] = [bytes('SwapTotal'), bytes('SwapFree')];
  return [
    { of: 'the memory of the host', kind: 'host' as const, limitBytes: total, usedBytes: total - available },
    { of: 'the swap of the host', kind: 'swap' as const, limitBytes: swap, usedBytes: swap - freeSwap },
  ].filter(({ limitBytes }) => limitBytes > 0);
};

/** A field such as `MemAvailable:   1234 kB`. */
const bytesOf = (text: string, field: string): number | undefined => {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
};

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and a line `full …`; null if the kernel does not measure it. */
export const parsePressure = (text: string, of: MemoryPressure['of']): MemoryPressure | null => {
  const share = (line: string, window: string): number | undefined => {
    const percent = new RegExp(`^${line} .*${window}=([\\d.]+)`, 'm').exec(text)?.[1];
    return percent === undefined ? undefined : Number(percent) / 100;
  };
  const [some10s, some60s, full10s] = [share('some', 'avg10'), share('some', 'avg60'), share('full', 'avg10')];
  return some10s === undefined || some60s === undefined ? null : { of, some10s, some60s, full10s: full10s ?? 0 };
};
