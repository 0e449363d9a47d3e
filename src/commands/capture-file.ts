/** Captures on disk. Written whole or not at all, and for their owner's eyes alone. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { MemwatchError, messageOf } from '../errors.js';

/** Writes beside the final place and renames. Throws `cannot-write`. */
export const writeCaptureFile = async (file: string, content: string | Uint8Array): Promise<void> => {
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, content, { mode: 0o600 });
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw new MemwatchError('cannot-write', `cannot write ${file}: ${messageOf(cause)}`, { cause });
  }
};

/** Throws `cannot-read`. */
export const readCaptureBytes = async (file: string): Promise<Uint8Array> => {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MemwatchError('cannot-read', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
};

/** Throws `cannot-read`. */
export const readCaptureText = async (file: string): Promise<string> =>
  new TextDecoder().decode(await readCaptureBytes(file));
