/**
 * Detects what a file holds from its first bytes. In: a path. Out: the kind, and the document if it is a saved result, or
 * the reader of its profile.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { readDocument, schemaOf } from '../../../analyzer/formats/documents/document.js';
import { beginsAsRecording } from '../../../analyzer/formats/documents/recording.js';
import type { Profile } from '../../../analyzer/model/profile.js';
import { cannotRead, MemwatchError, messageOf } from '../../../errors.js';
import type { ShownReport } from '../../../tui/state/provider.js';
import { nameFile } from '../../profile-file.js';
import { reportOfCheck } from './saved-check.js';
import { savedResult, type SavedResult } from './saved-result.js';

export type CaptureKind =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'profile'; readonly read: () => Profile }
  | { readonly kind: 'leaks'; readonly report: ShownReport }
  | { readonly kind: 'result'; readonly result: SavedResult };

/**
 * Throws `cannot-read`; `not-this-format` for a file that is not a capture; `bad-argument` for a result of memwatch
 * that has no screen.
 */
export const kindOf = async (file: string): Promise<CaptureKind> => {
  const head = await firstText(file);
  const schema = schemaOf(head);
  if (schema !== undefined) {
    const document = readDocument(await readText(file), file);
    if (document?.schema === 'memwatch/leaks@1') return { kind: 'leaks', report: document };
    if (document?.schema === 'memwatch/check@1') return { kind: 'leaks', report: reportOfCheck(document) };
    const result = document === undefined ? undefined : savedResult(document);
    if (result !== undefined) return { kind: 'result', result };
  }
  if (/^\s*\{\s*"snapshot"\s*:/.test(head)) return { kind: 'snapshot' };
  const named = await nameFile(file);
  const { command } = named ?? {};
  if (schema === undefined && named?.read !== undefined && command !== undefined && command !== 'audit')
    return { kind: 'profile', read: named.read };
  const unknown = head === '' ? 'is empty' : 'is neither a snapshot, nor a profile, nor a result of memwatch';
  const shownAlone = command === 'plot' ? 'of which view shows one at a time' : 'which view does not show';
  const what = named === undefined ? unknown : `is ${named.name}, ${shownAlone}`;
  const other = command === undefined || command === 'view' ? named?.hint : `run memwatch ${command} ${file}`;
  throw new MemwatchError('not-this-format', `${file} ${what}`, { hint: other ?? shown });
};

export const isRecording = async (file: string): Promise<boolean> => beginsAsRecording(await firstText(file));

const shown =
  'view shows .heapsnapshot, profiles of V8, Chrome, speedscope, pprof and perf, collapsed stacks, and what leaks, check, heap, diff, cpu, alloc and lines print as --json';

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new MemwatchError('cannot-read', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
};

const headBytes = 4096;

/** The first bytes as text, unpacked if they are gzip. */
const firstText = async (file: string): Promise<string> => {
  try {
    const raw = await firstChunk(createReadStream(file, { end: 65_535 }));
    if (raw[0] !== 0x1f || raw[1] !== 0x8b) return raw.toString('latin1', 0, headBytes);
    const unzipped = createReadStream(file, { end: 65_535 }).pipe(createGunzip());
    return (await firstChunk(unzipped)).toString('latin1', 0, headBytes);
  } catch (cause) {
    throw cannotRead(file, cause);
  }
};

const firstChunk = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  for await (const chunk of stream) return chunk;
  return Buffer.alloc(0);
};
