/**
 * A file as the readers of profiles see it: its bytes after gunzip, its text (UTF-8, or UTF-16 with a byte order mark), its
 * JSON. Text and JSON are decoded once, when first needed. In: a file's bytes. Out: a FileContent.
 */
import { constants } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { MemwatchError, messageOf } from '../../errors.js';
import type { Profile } from '../model/profile.js';
import { fieldsOf } from './shape.js';

export interface FileContent {
  readonly bytes: Uint8Array;
  /** undefined for binary files. */
  readonly text: string | undefined;
  /** The file's JSON; undefined if the text does not look like JSON. Throws `broken-file` with the byte position. */
  readonly json: unknown;
}

/** One kind of file: a reader, or the name used in the error that refuses it. */
export interface ProfileFormat {
  /** With its article: `a CPU profile of V8 (.cpuprofile)`. */
  readonly name: string;
  /** The command that opens such a file; undefined if none does. */
  readonly command?: string;
  /** For a file that no command opens: what to do instead. */
  readonly hint?: string;
  matches(content: FileContent): boolean;
  /** Throws `not-this-format`, `broken-file`. */
  read(content: FileContent): Profile;
}

/** Throws `broken-file` if the gzip is damaged. */
export const openContent = (raw: Uint8Array): FileContent => {
  const once = isGzip(raw) ? gunzip(raw) : raw;
  const bytes = isGzip(once) ? gunzip(once) : once; // some servers pack what was packed before
  let text: string | undefined;
  let json: { value: unknown } | undefined;
  return {
    bytes,
    get text() {
      return isBinary(bytes) ? undefined : (text ??= decodeText(bytes));
    },
    get json() {
      const value = (): unknown =>
        this.text !== undefined && beginsAsJson(this.text) ? parseJson(this.text) : undefined;
      return (json ??= { value: value() }).value;
    },
  };
};

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Nothing larger can become text; a small file may claim to hold far more than fits in memory. */
const mostBytes = constants.MAX_STRING_LENGTH;
const tooLarge = (what: string, cause?: unknown): MemwatchError =>
  new MemwatchError(
    'no-room',
    `${what} more than ${mostBytes >> 20} MB, which is more than memwatch reads of a profile`,
    {
      hint: 'record a shorter profile',
      cause,
    },
  );

/** What shrinks more than this holds next to no information, and may need a hundred times its size when it is read. */
const mostGain = 200;
const alwaysFits = 64 << 20;

const gunzip = (raw: Uint8Array): Uint8Array => {
  const limit = Math.min(mostBytes, Math.max(alwaysFits, mostGain * raw.length));
  try {
    return gunzipSync(raw, { maxOutputLength: limit });
  } catch (cause) {
    if (isTooLarge(cause) && limit < mostBytes)
      throw new MemwatchError(
        'no-room',
        `the file's gzip holds more than ${mostGain} times its own size, as no profile does`,
        { hint: 'gunzip it first if it is one', cause },
      );
    if (isTooLarge(cause)) throw tooLarge("the file's gzip holds", cause);
    const message = `the file's gzip is damaged or cut off: ${messageOf(cause)}, in ${raw.length} bytes`;
    throw new MemwatchError('broken-file', message, { cause });
  }
};

const isTooLarge = (cause: unknown): boolean => fieldsOf(cause)['code'] === 'ERR_BUFFER_TOO_LARGE';

/** The encoding that a byte order mark names; UTF-8 without one. */
const encodingOf = ([first, second]: Uint8Array): string =>
  first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';

const decodeText = (bytes: Uint8Array): string => {
  if (bytes.length > mostBytes) throw tooLarge('the file holds');
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
};

/** Every binary format has control characters near its start that no text contains. */
const isBinary = (bytes: Uint8Array): boolean =>
  encodingOf(bytes) === 'utf-8' && bytes.subarray(0, 1024).some((byte) => byte < 0x20 && !textControls.has(byte));
const textControls = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

/** Stacks may begin with `[unknown]` or `{anonymous}`, so one bracket alone is not enough. */
const beginsAsJson = (text: string): boolean => /^\s*(?:\{\s*["}]|\[\s*[[{\]])/.test(text.slice(0, 1024));

/** The file's JSON as an object; empty if it is none. */
export const objectOf = ({ json }: FileContent): Readonly<Record<string, unknown>> => fieldsOf(json);

/** Throws `broken-file`. Chrome's traces, an array of events, may lack their end. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const closed = text.trimStart().startsWith('[') ? parseClosed(text) : undefined;
    if (closed !== undefined) return closed;
    throw new MemwatchError('broken-file', `the file's JSON is broken ${placeOf(cause, text)}`, { cause });
  }
};

const parseClosed = (text: string): unknown => {
  try {
    return JSON.parse(`${text.trimEnd().replace(/,$/, '')}]`);
  } catch {
    return undefined;
  }
};

const placeOf = (cause: unknown, text: string): string => {
  const position = Number(/position (\d+)/.exec(messageOf(cause))?.[1] ?? text.length);
  const byte = Buffer.byteLength(text.slice(0, position));
  return position >= text.length ? `at byte ${byte}: it is cut off there` : `at byte ${byte}`;
};
