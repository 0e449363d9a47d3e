/** The files of /proc, which may be gone at any moment, or belong to another user. In: a path. Out: its text, target or names. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** `MEMWATCH_PROCESSES=ps` makes Linux do as macOS does, for tests: then nothing here is found. */
export const hasProc = process.platform === 'linux' && process.env['MEMWATCH_PROCESSES'] !== 'ps';

/** The target of a link in /proc; '' if there is none or it may not be read. */
export const readLink = (path: string): string => {
  if (!hasProc) return '';
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** The text of a file in /proc; '' if there is none or it may not be read. */
export const readText = (path: string): string => {
  if (!hasProc) return '';
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

export const namesIn = (folder: string): string[] => {
  if (!hasProc) return [];
  try {
    return readdirSync(folder);
  } catch {
    return []; // the process is gone
  }
};

/** The id of every process on the machine. */
export const processIds = (): number[] => {
  if (!hasProc) return [];
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(Number.isInteger)
      .toSorted((a, b) => a - b);
  } catch {
    return [];
  }
};
