/**
 * The source that the user wrote behind a script that runs: through its source map, where it has one. Used inside the
 * target while it loads a file, and on scripts of a live process. In: a script's text and path. Out: original places.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { originalPositionFor, sourceContentFor, TraceMap, traceSegment } from '@jridgewell/trace-mapping';

export interface OriginalPlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What stood there before a compiler renamed it, where the map says it. */
  readonly name?: string | undefined;
  /** The compiler marked this very position, and not just one before it. */
  readonly exact: boolean;
}

export interface OriginalSource {
  /** The script itself. */
  readonly path: string;
  /** The files it was made of; itself where it has no source map. */
  readonly files: readonly string[];
  /** The place behind a parser's position (line from 1, column from 0); undefined where the map has none. */
  at(position: { line: number; column: number } | undefined): OriginalPlace | undefined;
  /** The lines of one of `files`; undefined where its text is neither in the map nor on disk. */
  linesOf(file: string): readonly string[] | undefined;
}

/** `written` is what the file holds, where Node has blanked out its types. */
export const readOriginal = (code: string, path: string, written: string = code): OriginalSource => {
  const map = readMap(code, path);
  return map === undefined ? asWritten(written, path) : throughMap(map, code, path);
};

/** The same with a source map that is known already (a live process's scripts table holds them). */
export const originalThrough = (
  code: string,
  path: string,
  sourceMap: string | undefined,
  sourceMapUrl: string | undefined,
): OriginalSource => {
  try {
    if (sourceMap === undefined) return asWritten(writtenBehind(code, path), path);
    const base = sourceMapUrl === undefined ? path : resolve(dirname(path), sourceMapUrl);
    return throughMap(new TraceMap(sourceMap, pathToFileURL(base).href), code, path);
  } catch {
    return asWritten(code, path);
  }
};

/** What the file holds, where Node has blanked out its types; the code that runs where the file is another one by now. */
const writtenBehind = (code: string, path: string): string => {
  if (!/\.[cm]?tsx?$/.test(path)) return code;
  const text = tryRead(path);
  return text !== undefined && isBlankedOut(code, text) ? text : code;
};

/** Each character of the code is the text's, or what Node puts in the place of a type; after its end Node adds a comment. */
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

const throughMap = (map: TraceMap, code: string, path: string): OriginalSource => ({
  path,
  files: map.resolvedSources.map((source) => pathOf(source ?? '')),
  at: (position) => {
    if (position === undefined) return undefined;
    const found = originalPositionFor(map, position);
    if (found.source === null) return undefined;
    const exact = traceSegment(map, position.line - 1, position.column)?.[0] === position.column;
    return { file: pathOf(found.source), line: found.line, name: found.name ?? undefined, exact };
  },
  linesOf: (file) => {
    if (file === path) return code.split(/\r?\n/);
    const source = map.resolvedSources.find((source) => pathOf(source ?? '') === file) ?? file;
    return (sourceContentFor(map, source) ?? tryRead(file))?.split(/\r?\n/);
  },
});

const readMap = (code: string, path: string): TraceMap | undefined => {
  const url = /^[\s\S]*\/\/[#@] ?sourceMappingURL=(\S+)/.exec(
    code.slice(code.lastIndexOf('sourceMappingURL=') - 4),
  )?.[1];
  if (url === undefined) return undefined;
  try {
    if (!url.startsWith('data:')) {
      const mapPath = resolve(dirname(path), decodeURIComponent(url));
      return new TraceMap(readFileSync(mapPath, 'utf8'), pathToFileURL(mapPath).href);
    }
    const [head, body = ''] = url.split(',', 2);
    const text = head?.endsWith(';base64') ? Buffer.from(body, 'base64').toString('utf8') : decodeURIComponent(body);
    return new TraceMap(text, pathToFileURL(path).href);
  } catch {
    return undefined; // no map, or a broken one: the lines of the code that runs are still right
  }
};

const pathOf = (source: string): string => {
  try {
    return source.startsWith('file:') ? fileURLToPath(source) : source;
  } catch {
    return source;
  }
};

const tryRead = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
