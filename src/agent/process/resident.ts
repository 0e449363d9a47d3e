/** The resident memory (RSS) of a process, read so cheaply that it can be read ten times a millisecond. Linux only. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readText } from './proc-files.js';

export interface ResidentReader {
  /** In bytes; NaN once the process has ended. */
  read(): number;
  close(): void;
}

/** undefined where there is no /proc, or it may not be read. */
export const openResident = (pid: number): ResidentReader | undefined => {
  const buffer = Buffer.alloc(128);
  let file: number;
  try {
    file = openSync(`/proc/${pid}/statm`, 'r');
  } catch {
    return undefined;
  }
  const pages = (): number => {
    try {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return Number(buffer.toString('latin1', 0, length).split(' ', 2)[1]);
    } catch {
      return NaN;
    }
  };
  const pageBytes = pageBytesOf(pid, pages());
  return { read: () => pages() * pageBytes, close: () => closeSync(file) };
};

/** A power of two, which statm does not say: 4 KB on x64, up to 64 KB on arm64. */
const pageBytesOf = (pid: number, pages: number): number => {
  const kilobytes = Number(/^VmRSS:\s*(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? NaN);
  return 2 ** Math.round(Math.log2((kilobytes * 1024) / pages));
};
