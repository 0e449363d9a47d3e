/** Any profile that memwatch can read, told apart by its bytes. In: a file's bytes. Out: a Profile. */
import { MemwatchError } from '../../errors.js';
import type { Profile } from '../model/profile.js';
import { isCollapsed, readCollapsed } from './collapsed.js';
import { readCpuProfile } from './cpuprofile.js';
import { readHeapProfile } from './heapprofile.js';
import { isPprof, readPprof } from './pprof.js';

/** Throws `not-this-format`, `broken-file`. */
export const readProfile = (bytes: Uint8Array): Profile => {
  if (isPprof(bytes)) return readPprof(bytes);
  const text = new TextDecoder().decode(bytes);
  if (text.trimStart().startsWith('{'))
    return looksLikeHeapProfile(text) ? readHeapProfile(text) : readCpuProfile(text);
  if (bytes.subarray(0, 64).includes(0)) return readPprof(bytes);
  if (isCollapsed(text)) return readCollapsed(text);
  throw new MemwatchError('not-this-format', 'the file is no profile that memwatch can read', {
    hint: 'it reads .cpuprofile, .heapprofile, pprof and collapsed stacks',
  });
};

const looksLikeHeapProfile = (text: string): boolean =>
  /^\s*\{\s*"(head|samples)"/.test(text) && text.includes('"selfSize"');
