/**
 * Detects what a file holds from its first bytes. In: a path. Out: the kind, and the document if it is a saved result, or
 * the reader of its profile.
 */
import { readFile } from 'node:fs/promises';
import { readDocument, schemaOf } from '../../../analyzer/formats/documents/document.js';
import type { Profile } from '../../../analyzer/model/profile.js';
import { MemwatchError, messageOf } from '../../../errors.js';
import type { ShownReport } from '../../../tui/state/provider.js';
import { nameFile } from '../../profile-file.js';
import { firstText } from './first-text.js';
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

const shown =
  'view shows .heapsnapshot, profiles of V8, Chrome, speedscope, pprof and perf, collapsed stacks, and what leaks, check, heap, diff, cpu, alloc and lines print as --json';

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new MemwatchError('cannot-read', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
};
