/**
 * Places in source code, and the one piece of code that turns the protocol's positions into them: `callFrame` lines and
 * heap snapshot positions are 0-based, `positionTicks` lines are 1-based, a Location is always 1-based. Source maps are
 * applied by source/source-map.ts. In: a scripts table, positions. Out: locations in the user's source.
 */
import { fileOf } from '../../source/file-address.js';
import { readSourceMap, type SourceMap } from '../../source/source-map.js';
import type { Script, ScriptsTable } from './scripts.js';

export interface Location {
  /** A path, or an address such as `node:fs` if there is no file. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based; 0 if it is not known. */
  readonly column: number;
}

/** By a 0-based position, the name that what stands exactly there had before a compiler renamed it. */
export type NameAt = (line: number, column: number) => string | undefined;

export interface Locator {
  /** undefined if nothing says that a compiler renamed anything in that script. */
  namesIn(scriptId: number): NameAt | undefined;
  /** The source text that the table holds for the file of a Location; undefined if it holds none. */
  sourceOf(file: string): string | undefined;
  /** The place of a 0-based position (callFrames, snapshots, traces); undefined for native code. */
  atPosition(scriptId: number, url: string, line: number, column: number): Location | undefined;
  /** The same for the script of that address, whose id is not known: a frame of an Error's stack. */
  atAddress(url: string, line: number, column: number): Location | undefined;
  /**
   * The place of a 1-based line (`positionTicks`); undefined if the line is of a minified script and stands for many lines
   * of the source, so that it is unknown which of them ran.
   */
  atLine(scriptId: number, url: string, line: number): Location | undefined;
}

/** Without a table, or for scripts that are not in it, the places are those of the code that ran. */
export const createLocator = (scripts?: ScriptsTable): Locator => {
  const { all, mapOf, addressOf, idOf } = lookUp(scripts);
  const atPosition: Locator['atPosition'] = (scriptId, url, line, column) => {
    const address = addressOf(scriptId, url);
    if (address === '') return undefined;
    // V8 11 writes -1 for the top-level code of a module
    const ran = { file: fileOf(address), line: Math.max(0, line) + 1, column: Math.max(0, column) + 1 };
    const found = mapOf(scriptId)?.near(ran.line, ran.column - 1);
    return found === undefined ? ran : { file: found.file, line: found.line, column: found.column + 1 };
  };
  return {
    atPosition,
    namesIn(scriptId) {
      const map = mapOf(scriptId);
      return map?.hasNames === true ? (line, column) => map.nameAt(line + 1, column) : undefined;
    },
    atAddress: (url, line, column) => atPosition(idOf(url), url, line, column),
    sourceOf(file) {
      for (const script of all) {
        const map = mapOf(script.id);
        if (map === undefined && fileOf(script.url) === file) return script.source;
        if (map?.files.includes(file) === true) return map.textOf(file);
      }
      return undefined;
    },
    atLine(scriptId, url, line) {
      const address = addressOf(scriptId, url);
      if (address === '' || line < 1) return undefined;
      const map = mapOf(scriptId);
      if (map === undefined) return { file: fileOf(address), line, column: 0 };
      const found = map.atLine(line);
      return found === undefined ? undefined : { ...found, column: 0 };
    },
  };
};

const lookUp = (table: ScriptsTable | undefined) => {
  const all = table?.scripts ?? [];
  const byId = new Map(all.map((script) => [script.id, script]));
  const byFile = new Map(all.map(({ id, url }) => [fileOf(url), id]));
  const maps = new Map<number, SourceMap | undefined>();
  const mapOf = (scriptId: number): SourceMap | undefined => {
    if (!maps.has(scriptId)) maps.set(scriptId, readMap(byId.get(scriptId)));
    return maps.get(scriptId);
  };
  /** '' for code that stands in no file; Chrome names V8's own code `native V8Runtime`. */
  const addressOf = (scriptId: number, url: string): string => {
    const address = url === '' ? (byId.get(scriptId)?.url ?? '') : url;
    return address.startsWith('native ') ? '' : address;
  };
  return { all, mapOf, addressOf, idOf: (url: string): number => byFile.get(fileOf(url)) ?? 0 };
};

const readMap = (script: Script | undefined): SourceMap | undefined =>
  script?.sourceMap === undefined ? undefined : readSourceMap(script.sourceMap, script.url, script.sourceMapUrl);

/** `/app/src/store.ts:12`. */
export const formatPlace = ({ file, line }: { readonly file: string; readonly line: number }): string =>
  `${file}:${line}`;
