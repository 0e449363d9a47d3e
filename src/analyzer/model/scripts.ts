/**
 * The scripts table of a target, stored beside a capture as `<capture>.scripts.json`: heap snapshots and profiles refer to
 * code only by script id and position, and the process that knows the names may be gone when they are read. A .cpuprofile
 * and a .heapprofile contain their table, under the key `memwatch`.
 */

export interface ScriptsTable {
  readonly schema: 'memwatch/scripts@1';
  /** `v22.23.3`. */
  readonly nodeVersion: string;
  /** In a heap capture: a name for one thread of one process that no other has, `1234 1763864711223.4 0`. */
  readonly process?: string;
  readonly scripts: readonly Script[];
}

export interface Script {
  /** V8's script id, as in `locations` of a snapshot and `scriptId` of a profile's call frames. */
  readonly id: number;
  /** `file:///app/server.js`, `/app/old.js`, `node:internal/timers`, or what `//# sourceURL` says. */
  readonly url: string;
  /** The script's `sourceMappingURL`. Left out for an inline map (`data:`), whose text is in `sourceMap`. */
  readonly sourceMapUrl?: string;
  /** The text of the source map as the target saw it, if it could be read at the time of the capture. */
  readonly sourceMap?: string;
  /** The text that V8 runs, for the scripts that a profile names: it shows where functions end, and has the lines to print. */
  readonly source?: string;
}

/** The `//# sourceURL` of memwatch's own code in a target. */
export type MemwatchUrl = 'memwatch:in-target';
export const memwatchUrl: MemwatchUrl = 'memwatch:in-target';

/** Code of the program or of a package: not Node's own, not memwatch's, not without a name. */
export const isProgramFile = (file: string): boolean =>
  file !== '' && !file.startsWith('node:') && file !== memwatchUrl;

/** The path of a capture's scripts table. */
export const scriptsFileOf = (captureFile: string): string => `${captureFile}.scripts.json`;
