/**
 * Places in source code, and the one piece of code that turns the protocol's positions into them: `callFrame` lines and
 * heap snapshot positions are 0-based, `positionTicks` lines 1-based, a Location is 1-based always. Source maps are
 * applied here and nowhere else. In: a scripts table, positions. Out: locations in the source the user wrote.
 */
import { decodedMappings, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { Script, ScriptsTable } from './scripts.js';

export interface Location {
  /** A path, or an address such as `node:fs` where there is no file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; 0 where it is not known. */
  readonly column: number;
}

export interface Locator {
  /** The text of a source that the table holds, by the file of a Location; undefined where it holds none. */
  sourceOf(file: string): string | undefined;
  /** The place of a 0-based position (callFrames, snapshots, traces); undefined for native code. */
  atPosition(scriptId: number, url: string, line: number, column: number): Location | undefined;
  /**
   * The place of a 1-based line (`positionTicks`); undefined where a line of a minified script stands for many lines
   * of the source, so that which of them ran cannot be told.
   */
  atLine(scriptId: number, url: string, line: number): Location | undefined;
}

/** With no table, or for scripts that are not in it, places are those of the code that ran. */
export const createLocator = (scripts?: ScriptsTable): Locator => {
  const byId = new Map(scripts?.scripts.map((script) => [script.id, script]));
  const maps = new Map<number, TraceMap | undefined>();
  const mapOf = (scriptId: number): TraceMap | undefined => {
    if (!maps.has(scriptId)) maps.set(scriptId, readMap(byId.get(scriptId)));
    return maps.get(scriptId);
  };
  const sourceOf = (file: string): string | undefined => {
    for (const script of byId.values()) {
      const map = mapOf(script.id);
      if (map === undefined && fileOf(script.url) === file) return script.source;
      const index = map?.resolvedSources.findIndex((source) => fileOf(source) === file) ?? -1;
      if (index >= 0) return map?.sourcesContent?.[index] ?? undefined;
    }
    return undefined;
  };
  return {
    sourceOf,
    atPosition(scriptId, url, line, column) {
      const address = url === '' ? (byId.get(scriptId)?.url ?? '') : url;
      if (address === '') return undefined;
      // V8 11 writes -1 for the code of a module itself
      const ran = { file: fileOf(address), line: Math.max(0, line) + 1, column: Math.max(0, column) + 1 };
      const map = mapOf(scriptId);
      return map === undefined ? ran : (originalAt(map, ran) ?? ran);
    },
    atLine(scriptId, url, line) {
      const address = url === '' ? (byId.get(scriptId)?.url ?? '') : url;
      if (address === '' || line < 1) return undefined;
      const map = mapOf(scriptId);
      return map === undefined ? { file: fileOf(address), line, column: 0 } : originalLine(map, line);
    },
  };
};

/** `file:///srv/app.js` as the path it stands for; other addresses as they are. */
export const fileOf = (url: string): string => {
  if (!url.startsWith('file://')) return url;
  const path = url.slice('file://'.length);
  try {
    return decodeURIComponent(/^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path);
  } catch {
    return path;
  }
};

const readMap = (script: Script | undefined): TraceMap | undefined => {
  if (script?.sourceMap === undefined) return undefined;
  const inline = script.sourceMapUrl === undefined || script.sourceMapUrl.startsWith('data:');
  try {
    return new TraceMap(script.sourceMap, inline ? script.url : resolveUrl(script.sourceMapUrl, script.url));
  } catch {
    return undefined; // a broken map: the places of the code that ran are still right
  }
};

const resolveUrl = (url: string, base: string): string => {
  try {
    return new URL(url, base.startsWith('/') ? `file://${base}` : base).href;
  } catch {
    return base;
  }
};

/**
 * The compiler's start of a function may lie a few columns off V8's, so where no mapping stands at or before the
 * position, the first one after it on the line is taken.
 */
const originalAt = (map: TraceMap, at: Location): Location | undefined => {
  for (const bias of [1, -1] as const) {
    const found = originalPositionFor(map, { line: at.line, column: at.column - 1, bias });
    if (found.source !== null) return { file: fileOf(found.source), line: found.line, column: found.column + 1 };
  }
  return undefined;
};

/** Statements that a compiler drew together on one line still name it; past this many lines it is a minified line. */
const mostLinesOnOne = 8;

const originalLine = (map: TraceMap, line: number): Location | undefined => {
  let source: number | undefined;
  let first = Infinity;
  let last = -1;
  for (const segment of decodedMappings(map)[line - 1] ?? []) {
    if (segment.length === 1) continue;
    if (source !== undefined && source !== segment[1]) return undefined;
    source = segment[1];
    first = Math.min(first, segment[2]);
    last = Math.max(last, segment[2]);
  }
  if (source === undefined || last - first >= mostLinesOnOne) return undefined;
  return { file: fileOf(map.resolvedSources[source] ?? ''), line: first + 1, column: 0 };
};
