/**
 * Which version of Node a process runs, by its executable. In: its status. Out: `v22.1.0`; null if that is not known. Each
 * executable is looked at only once, if the process that runs it does not end meanwhile.
 */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { hasProc, type ProcessStatus } from '../process/proc.js';
import { hasOtherRoot } from '../process/target-files.js';

/** undefined: the process that was looked at ended meanwhile. */
export type KnownVersions = Map<string, Promise<string | null | undefined>>;

export const versionOf = async (status: ProcessStatus, known: KnownVersions): Promise<string | null> => {
  if (!status.permitted) return null;
  const file = hasProc ? `/proc/${status.pid}/exe` : status.executable;
  const identity = identityOf(file);
  if (identity === identityOf(hasProc ? '/proc/self/exe' : process.execPath)) return process.version;
  const key = `${identity} ${status.userId}`;
  const before = known.get(key) ?? Promise.resolve(undefined);
  const version = before.then((found) => (found === undefined ? findVersion(status, file) : found));
  known.set(key, version);
  return (await version) ?? null;
};

const identityOf = (file: string): string => {
  try {
    const { dev, ino } = statSync(file);
    return `${dev}:${ino}`;
  } catch {
    return file;
  }
};

/** What belongs to a container is never started here: its libraries are elsewhere, and it may be hostile. */
const findVersion = async ({ pid, userId }: ProcessStatus, file: string): Promise<string | null | undefined> => {
  const version = (await hasOtherRoot(pid))
    ? await readVersion(file).catch(() => null)
    : await askVersion(file, userId);
  return version === null && !existsSync(file) ? undefined : version;
};

/** With the rights of its user, so that no other user's file runs with memwatch's rights. */
const askVersion = (file: string, uid: number): Promise<string | null> =>
  new Promise((resolve) => {
    const asUser = process.getuid?.() === 0 && uid !== 0 ? { uid } : {};
    execFile(file, ['--version'], { ...asUser, env: {}, timeout: 10_000, cwd: '/' }, (error, stdout) => {
      const version = stdout.trim();
      resolve(error === null && /^v\d+\.\d+\.\d+/.test(version) ? version : null);
    });
  });

/** The address of its own source that each released Node has in it (process.release.sourceUrl). */
const sourceFile = /node-(v\d{1,3}\.\d{1,4}\.\d{1,4})(?:-headers)?\.tar\.gz/;
const longestMatch = 64;
const pieceBytes = 4 * 2 ** 20;
/** Node has 90 to 160 MB. */
const mostBytes = 400 * 2 ** 20;

const readVersion = async (path: string): Promise<string | null> => {
  const file = await open(path);
  try {
    return await findInFile(file);
  } finally {
    await file.close();
  }
};

const findInFile = async (file: FileHandle): Promise<string | null> => {
  const piece = Buffer.alloc(pieceBytes);
  for (let at = 0; at < mostBytes; at += pieceBytes - longestMatch) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, at);
    for (
      let found = piece.indexOf('node-v');
      found !== -1 && found < bytesRead;
      found = piece.indexOf('node-v', found + 1)
    ) {
      const version = sourceFile.exec(piece.toString('latin1', found, found + longestMatch))?.[1];
      if (version !== undefined) return version;
    }
    if (bytesRead < pieceBytes) return null;
  }
  return null;
};
