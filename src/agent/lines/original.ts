/**
 * The user's source behind a script that runs, found through its source map if it has one. Used inside the target while it
 * loads a file, and on scripts of a live process. In: a script's text and path. Out: original places.
 */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readRegularFile } from '../../input.js';
import { readSourceMap, type SourceMap } from '../../source/source-map.js';

export interface OriginalPlace {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** The name before a compiler renamed it, if the map says it. */
  readonly name?: string | undefined;
  /** The source map has a mark at exactly this position, not only at one before it. */
  readonly exact: boolean;
}

export interface OriginalSource {
  /** The script itself. */
  readonly path: string;
  /** The files that it was compiled from; the script itself if it has no source map. */
  readonly files: readonly string[];
  /** The place behind a parser's position (line from 1, column from 0); undefined if the map has none. */
  at(position: { line: number; column: number } | undefined): OriginalPlace | undefined;
  /** The lines of one of `files`; undefined if its text is neither in the map nor on disk. */
  linesOf(file: string): readonly string[] | undefined;
}

/** `written` is the file's text, which differs from `code` if Node has blanked out its types. */
export const readOriginal = (code: string, path: string, written: string = code): OriginalSource => {
  const map = readMap(code, path);
  return map === undefined ? asWritten(written, path) : throughMap(map, code, path);
};

/** The same with a source map that is already known (the scripts table of a live process holds them). */
export const originalThrough = (
  code: string,
  path: string,
  sourceMap: string | undefined,
  sourceMapUrl: string | undefined,
): OriginalSource => {
  if (sourceMap === undefined) return asWritten(writtenBehind(code, path), path);
  const map = readSourceMap(sourceMap, pathToFileURL(path).href, sourceMapUrl);
  return map === undefined ? asWritten(code, path) : throughMap(map, code, path);
};

/**
 * The file's text, if the code is that text with its types blanked out by Node; otherwise (the file has changed since) the
 * code itself.
 */
const writtenBehind = (code: string, path: string): string => {
  if (!/\.[cm]?tsx?$/.test(path)) return code;
  const text = tryRead(path);
  return text !== undefined && isBlankedOut(code, text) ? text : code;
};

/**
 * True if each character of the code is that of the text or what Node writes in place of a type. Node adds a comment after
 * the end.
 */
const isBlankedOut = (code: string, text: string): boolean => {
  if (code.length < text.length) return false;
  for (let at = 0; at < text.length; at++) if (code[at] !== text[at] && !/[\s;]/.test(code[at] ?? '')) return false;
  return true;
};

const asWritten = (code: string, path: string): OriginalSource => ({
  path,
  files: [path],
  at: (position) => (position === undefined ? undefined : { file: path, line: position.line, exact: true }),
  linesOf: (file) => (file === path ? code.split(/\r?\n/) : undefined),
});

const throughMap = (map: SourceMap, code: string, path: string): OriginalSource => ({
  path,
  files: map.files,
  at: (position) => {
    const found = position === undefined ? undefined : map.at(position.line, position.column);
    if (position === undefined || found === undefined) return undefined;
    const { file, line, name } = found;
    return { file, line, name, exact: map.isMarked(position.line, position.column) };
  },
  linesOf: (file) => (file === path ? code : (map.textOf(file) ?? tryRead(file)))?.split(/\r?\n/),
});

/** The source map that the last comment of the code names: a file on disk, or inline. */
const readMap = (code: string, path: string): SourceMap | undefined => {
  const url = /^[\s\S]*\/\/[#@] ?sourceMappingURL=(\S+)/.exec(
    code.slice(code.lastIndexOf('sourceMappingURL=') - 4),
  )?.[1];
  const text = url === undefined ? undefined : textOfMap(url, path);
  return text === undefined ? undefined : readSourceMap(text, pathToFileURL(path).href, url);
};

const textOfMap = (url: string, path: string): string | undefined => {
  try {
    if (!url.startsWith('data:'))
      return readRegularFile(resolve(dirname(path), decodeURIComponent(url))).toString('utf8');
    const [head, body = ''] = url.split(',', 2);
    return head?.endsWith(';base64') ? Buffer.from(body, 'base64').toString('utf8') : decodeURIComponent(body);
  } catch {
    return undefined;
  }
};

const tryRead = (path: string): string | undefined => {
  try {
    return readRegularFile(path).toString('utf8');
  } catch {
    return undefined;
  }
};
