/**
 * An index: what memwatch knows of a snapshot after its first opening, in one file, so that the next opening computes
 * nothing and reads only what it is asked for. The bytes:
 *   start     16 bytes that name the format, its version and the order of bytes
 *   sections  columns and pages of strings, each at a multiple of 8 bytes
 *   directory JSON: where each section is, with the CRC-32 of each of its blocks, and what is not a column
 *   end       position and length of the directory (two float64), its CRC-32 (uint32), and the start again
 * An index that was cut off has no end, so it is known at once.
 */
import { endianness } from 'node:os';
import type { HeapClass, HeapRow, StoredResults } from '../../model/heap-results.js';
import type { HeapGraph } from '../../model/heap-graph.js';

/** Changes with anything that would make an older index wrong: the layout, or what a pass computes. */
const version = 2;

export const start = Buffer.from(`mw-index ${version} ${endianness()}`.padEnd(16, '\n'));
export const endBytes = 8 + 8 + 4 + start.length;

/** The file that an index is of. It is wrong if any of this has changed. */
export interface IndexedFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** CRC-32 of samples of its content. */
  readonly checksum: number;
  /** Size and time of the scripts table beside it, which gives places their names; empty if there is none. */
  readonly scripts: string;
}

export type Column = Uint8Array | Uint32Array | Float64Array;

export interface Section {
  readonly kind: 'bytes' | 'words' | 'floats';
  readonly at: number;
  /** Without what fills it up to a multiple of 8. */
  readonly bytes: number;
  /** Of each block of `blockBytes`. */
  readonly checksums: readonly number[];
}

/** So much is read and checked at once. */
export const blockBytes = 1 << 16;

export interface Directory {
  readonly file: IndexedFile;
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly extraNativeBytes: number;
  readonly totalBytes: number;
  readonly firstOfPage: readonly number[];
  readonly stringCount: number;
  readonly classes: readonly HeapClass[];
  readonly places: StoredResults['places'];
  readonly rows: readonly HeapRow[];
  readonly columns: Readonly<Record<string, Section>>;
  readonly pages: readonly Section[];
}

export interface IndexContent {
  readonly file: IndexedFile;
  readonly graph: HeapGraph;
  readonly results: StoredResults;
}

/** Whether a value has what is needed to read the rest: its checksums say whether that is right. */
export const isDirectory = (value: unknown): value is Directory => {
  const { file, columns, pages } = (value ?? {}) as Partial<Directory>;
  const sections: readonly unknown[] = [
    ...Object.values(columns ?? {}),
    ...(Array.isArray(pages) ? pages : [undefined]),
  ];
  return typeof file?.path === 'string' && sections.every(isSection);
};

const isSection = (value: unknown): boolean => {
  const { at, bytes, checksums } = (value ?? {}) as Partial<Section>;
  const blocks = Math.ceil(Number(bytes) / blockBytes);
  return Number.isSafeInteger(at) && Array.isArray(checksums) && checksums.length === blocks;
};
