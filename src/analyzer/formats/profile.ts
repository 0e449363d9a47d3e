/**
 * Every kind of file that memwatch recognises when it looks for a profile, by content. A new format is a file with a
 * ProfileFormat, and an entry here. In: a file's bytes. Out: a Profile, or an error that says what the file is.
 */
import { MemwatchError } from '../../errors.js';
import type { Location } from '../model/location.js';
import type { Profile } from '../model/profile.js';
import { collapsedFormat } from './collapsed.js';
import { cpuProfileFormat } from './cpuprofile.js';
import { openContent, type FileContent, type ProfileFormat } from './file-content.js';
import { foreignFormats, recordingFormat } from './foreign-files.js';
import { heapProfileFormat } from './heapprofile.js';
import { perfScriptFormat } from './perf-script.js';
import { pprofFormat } from './pprof-read.js';
import { speedscopeFormat } from './speedscope-read.js';
import { traceFormat } from './trace.js';
import { v8LogFormat } from './v8-log.js';
import { v8ProfilerFormat } from './v8-profiler.js';

/** In the order in which they are tried: the least distinctive texts last, because almost any text could be one. */
const formats: readonly ProfileFormat[] = [
  recordingFormat,
  v8ProfilerFormat,
  cpuProfileFormat,
  heapProfileFormat,
  traceFormat,
  speedscopeFormat,
  v8LogFormat,
  ...foreignFormats,
  pprofFormat,
  perfScriptFormat,
  collapsedFormat,
];

/** Throws `not-this-format`, saying what the file is, and `broken-file` with the position at which it is incomplete. */
export const readProfile = (bytes: Uint8Array): Profile => {
  const named = nameFormat(bytes);
  if (named !== undefined) return named.read();
  const what = bytes.length === 0 ? 'the file is empty' : 'the file is not a profile that memwatch can read';
  throw new MemwatchError('not-this-format', what, { hint: readableFiles });
};

const readableFiles =
  'memwatch reads .cpuprofile, .heapprofile, traces of Chrome and DevTools, speedscope, pprof, perf script, --prof and collapsed stacks';

const formatOf = (content: FileContent): ProfileFormat | undefined => formats.find((one) => one.matches(content));

const readAs = (format: ProfileFormat, content: FileContent): Profile => {
  const profile = format.read(content);
  if (isSound(profile)) return profile;
  throw new MemwatchError(
    'broken-file',
    `the file begins as ${format.name}, but some of its values are of another type`,
  );
};

/** JSON may hold anything where a name, a place or a number is expected. */
const isSound = ({ values, frames, lines }: Profile): boolean =>
  values.every(({ self }) => self.every(Number.isFinite)) &&
  frames.every(({ name, location }) => typeof name === 'string' && (location === undefined || isPlace(location))) &&
  (lines?.locations ?? []).every(isPlace);

const isPlace = ({ file, line, column }: Location): boolean =>
  typeof file === 'string' && Number.isFinite(line) && Number.isFinite(column);

interface NamedFile extends Pick<ProfileFormat, 'name' | 'command' | 'hint'> {
  /** Throws as `readProfile` does. */
  read(): Profile;
}

/** What a file is, with the command that opens it; undefined if memwatch does not recognise it. Throws `broken-file`. */
export const nameFormat = (bytes: Uint8Array): NamedFile | undefined => {
  const content = openContent(bytes);
  const format = formatOf(content);
  if (format === undefined) return undefined;
  const { name, command, hint } = format;
  return { name, command, hint, read: () => readAs(format, content) };
};
