/**
 * The scripts of a target, kept beside a capture as `<capture>.scripts.json`: heap snapshots and profiles name code by
 * script id and position alone, and the process that knew the names may be gone when they are read. A .cpuprofile and a
 * .heapprofile hold their table themselves, under the key `memwatch`.
 */

export interface ScriptsTable {
  readonly schema: 'memwatch/scripts@1';
  /** `v22.23.3`. */
  readonly nodeVersion: string;
  /** Names one thread of one process among all others, in a capture of a heap: `1234 1763864711223.4 0`. */
  readonly process?: string;
  readonly scripts: readonly Script[];
}

export interface Script {
  /** V8's script id, as `locations` of a snapshot and `scriptId` of a profile's call frames name it. */
  readonly id: number;
  /** `file:///app/server.js`, `/app/old.js`, `node:internal/timers`, or whatever `//# sourceURL` said. */
  readonly url: string;
  /** As the script's `sourceMappingURL` says; a map inside the script (`data:`) is in `sourceMap`, and this is left out. */
  readonly sourceMapUrl?: string;
  /** The text of the source map as the target saw it, where it could be read at the time of the capture. */
  readonly sourceMap?: string;
  /** The text that V8 runs, for the scripts that a profile names: it tells where functions end, and lines to show. */
  readonly source?: string;
}

/** The `//# sourceURL` of what memwatch runs in a target. */
export type MemwatchUrl = 'memwatch:in-target';
export const memwatchUrl: MemwatchUrl = 'memwatch:in-target';

/** Of the program or of a package: neither Node's own code, nor memwatch's, nor code without a name. */
export const isProgramsFile = (file: string): boolean =>
  file !== '' && !file.startsWith('node:') && file !== memwatchUrl;

/** Where the scripts table of a capture lies. */
export const scriptsFileOf = (captureFile: string): string => `${captureFile}.scripts.json`;
