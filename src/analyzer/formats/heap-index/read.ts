/**
 * Reads an index, see layout.ts. In: its path. Out: a graph with its results, whose columns are read from the file when they
 * are asked for, each checked by its CRC-32. Throws `not-this-format` if it is something else, an index of another version
 * or one that was cut off; `broken-index`, also later, if a part of it was changed.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { MemwatchError } from '../../../errors.js';
import { requireRegularFile } from '../../../input.js';
import { sharedBytes } from '../../model/columns.js';
import type { HeapGraph, StringPages } from '../../model/heap-graph.js';
import type { Classes, Dominators, Paths, RetainingEdges, StoredResults } from '../../model/heap-results.js';
import { stringTable } from '../../model/string-table.js';
import { columnByNeed } from './by-need.js';
import { blockBytes, endBytes, isDirectory, start, type Column, type Directory, type IndexedFile, type Section } from './layout.js'; // prettier-ignore

export interface HeapIndex extends IndexedHeap {
  /** The file that it was made of. */
  readonly file: IndexedFile;
  /** The same in columns of which only what is asked for is read, see by-need.ts. */
  readonly byNeed: IndexedHeap;
}

export interface IndexedHeap {
  readonly graph: HeapGraph;
  readonly results: StoredResults;
}

/** Removes a file; a damaged index would be tried again. */
export type Remove = (path: string) => void;

export const readHeapIndex = (path: string, remove: Remove): HeapIndex => {
  requireRegularFile(path);
  const descriptor = openSync(path, 'r'); // stays open: columns are read from it until memwatch ends
  const directory = readDirectory(descriptor, path, remove);
  const heapOf = (isByNeed: boolean): IndexedHeap => {
    const columns = new Columns(descriptor, path, directory, remove, isByNeed);
    return { graph: graphOf(directory, columns), results: resultsOf(directory, columns) };
  };
  return { file: directory.file, ...heapOf(false), byNeed: heapOf(true) };
};

/** Only the file that an index is of. */
export const readIndexedFile = (path: string, remove: Remove): IndexedFile => {
  requireRegularFile(path);
  const descriptor = openSync(path, 'r');
  try {
    return readDirectory(descriptor, path, remove).file;
  } finally {
    closeSync(descriptor);
  }
};

const readDirectory = (descriptor: number, path: string, remove: Remove): Directory => {
  const size = fstatSync(descriptor).size;
  const begin = readAt(descriptor, 0, start.length);
  const end = readAt(descriptor, Math.max(0, size - endBytes), endBytes);
  if (!begin.equals(start)) throw new MemwatchError('not-this-format', `${path} is of another version`);
  if (!end.subarray(20).equals(start)) throw new MemwatchError('not-this-format', `${path} is cut off`);
  const bytes = readAt(descriptor, end.readDoubleLE(0), end.readDoubleLE(8));
  if (crc32(bytes) !== end.readUInt32LE(16)) throw damaged(path, remove);
  const directory: unknown = JSON.parse(bytes.toString());
  if (!isDirectory(directory)) throw damaged(path, remove);
  return directory;
};

const damaged = (path: string, remove: Remove): MemwatchError => {
  remove(path);
  return new MemwatchError('broken-index', `the index ${path} is damaged and was removed`, {
    hint: 'open the snapshot again: it is read without the index',
  });
};

/** Fewer bytes if the file ends before. */
const readAt = (descriptor: number, at: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fill(descriptor, bytes, at));
};

/** Reads until the buffer is full or the file ends; one call reads 2 GB at most. */
const fill = (descriptor: number, bytes: Uint8Array, at: number): number => {
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(descriptor, bytes, filled, Math.min(bytes.length - filled, 1 << 30), at + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
};

/** An object whose values are read when they are first asked for. */
const lazily = <T extends object>(readers: { readonly [Name in keyof T]: () => T[Name] }): T => {
  const object: Partial<T> = {};
  for (const name of Object.keys(readers) as (keyof T)[]) {
    const get = (): T[keyof T] => {
      const value = readers[name]();
      Object.defineProperty(object, name, { value, enumerable: true });
      return value;
    };
    Object.defineProperty(object, name, { get, enumerable: true, configurable: true });
  }
  return object as T; // it has every name by now
};

/** The columns of an index by their names. */
class Columns {
  private readonly scratch = sharedBytes(blockBytes);

  constructor(
    private readonly descriptor: number,
    private readonly path: string,
    private readonly directory: Directory,
    private readonly remove: Remove,
    private readonly isByNeed: boolean,
  ) {}

  bytes(name: string): Uint8Array {
    const column = this.read(this.directory.columns[name]);
    if (column instanceof Uint8Array) return column;
    throw damaged(this.path, this.remove);
  }

  words(name: string): Uint32Array {
    const column = this.read(this.directory.columns[name]);
    if (column instanceof Uint32Array) return column;
    throw damaged(this.path, this.remove);
  }

  floats(name: string): Float64Array {
    const column = this.read(this.directory.columns[name]);
    if (column instanceof Float64Array) return column;
    throw damaged(this.path, this.remove);
  }

  /** Words that are read as a whole. */
  list(name: string): Iterable<number> {
    const section = this.directory.columns[name];
    if (section === undefined) throw damaged(this.path, this.remove);
    return this.readBlocks(section);
  }

  /** Sizes are words, unless one of them needs more. */
  sizes(name: string): Uint32Array | Float64Array {
    return this.directory.columns[name]?.kind === 'floats' ? this.floats(name) : this.words(name);
  }

  /** Pages of strings: an array whose elements are read when they are asked for. */
  pages(sections: readonly Section[]): readonly Uint8Array[] {
    const pages: Uint8Array[] = [];
    for (const [index, section] of sections.entries())
      Object.defineProperty(pages, index, { get: () => this.page(section), enumerable: true });
    return pages;
  }

  private page(section: Section): Uint8Array {
    const page = this.readBlocks(section);
    if (page instanceof Uint8Array) return page;
    throw damaged(this.path, this.remove);
  }

  private read(section: Section | undefined): Column {
    if (section === undefined) throw damaged(this.path, this.remove);
    return this.isByNeed && section.bytes > blockBytes ? this.readByNeed(section) : this.readBlocks(section);
  }

  private readByNeed(section: Section): Column {
    const { kind, bytes, checksums } = section;
    const empty = columnOf(kind, sharedBytes(0));
    const width = empty.BYTES_PER_ELEMENT;
    return columnByNeed({
      length: bytes / width,
      blockLength: blockBytes / width,
      empty,
      readBlock: (block, isKept) => {
        const from = block * blockBytes;
        const length = Math.min(blockBytes, bytes - from);
        const one = { kind, at: section.at + from, bytes: length, checksums: [checksums[block] ?? -1] };
        return this.readBlocks(one, isKept ? sharedBytes(length) : this.scratch.subarray(0, length));
      },
    });
  }

  private readBlocks({ kind, at, bytes: length, checksums }: Section, bytes = sharedBytes(length)): Column {
    const isRight = (checksum: number, block: number): boolean =>
      crc32(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)) === checksum;
    if (fill(this.descriptor, bytes, at) < length || !checksums.every(isRight)) throw damaged(this.path, this.remove);
    return columnOf(kind, bytes);
  }
}

const columnOf = (kind: Section['kind'], bytes: Uint8Array): Column => {
  const { buffer, length } = bytes;
  if (kind === 'words') return new Uint32Array(buffer, 0, length / 4);
  return kind === 'floats' ? new Float64Array(buffer, 0, length / 8) : bytes;
};

const graphOf = (directory: Directory, columns: Columns): HeapGraph =>
  lazily<HeapGraph>({
    nodeCount: () => directory.nodeCount,
    edgeCount: () => directory.edgeCount,
    extraNativeBytes: () => directory.extraNativeBytes,
    nodeType: () => columns.bytes('nodeType'),
    nodeName: () => columns.words('nodeName'),
    nodeId: () => columns.words('nodeId'),
    selfBytes: () => columns.sizes('selfBytes'),
    firstEdge: () => columns.words('firstEdge'),
    edgeType: () => columns.bytes('edgeType'),
    edgeName: () => columns.words('edgeName'),
    edgeTarget: () => columns.words('edgeTarget'),
    detached: () => new Set(columns.list('detached')),
    strings: () => stringTable(stringsOf(directory, columns)),
    positions: () => ({
      nodes: columns.words('positionNodes'),
      scriptIds: columns.words('positionScripts'),
      lines: columns.words('positionLines'),
      columns: columns.words('positionColumns'),
    }),
  });

const stringsOf = ({ stringCount, firstOfPage, pages }: Directory, columns: Columns): StringPages =>
  lazily<StringPages>({
    count: () => stringCount,
    firstOfPage: () => firstOfPage,
    starts: () => columns.words('stringStarts'),
    pages: () => columns.pages(pages),
  });

const resultsOf = ({ totalBytes, classes, places, rows }: Directory, columns: Columns): StoredResults =>
  lazily<StoredResults>({
    totalBytes: () => totalBytes,
    places: () => places,
    rows: () => rows,
    biggest: () => columns.words('biggest'),
    biggestOfClass: () => columns.words('biggestOfClass'),
    largest: () => ({ first: columns.words('largestFirst'), nodes: columns.words('largestNodes') }),
    classes: () => lazily<Classes>({ list: () => classes, classOf: () => columns.words('classOf') }),
    edges: () =>
      lazily<RetainingEdges>({
        bits: () => columns.words('retaining'),
        userOwned: () => columns.words('userOwned'),
      }),
    paths: () => lazily<Paths>({ edge: () => columns.words('pathEdge'), from: () => columns.words('pathFrom') }),
    dominators: () =>
      lazily<Dominators>({
        immediate: () => columns.words('immediate'),
        retainedBytes: () => columns.sizes('retainedBytes'),
        preorder: () => columns.words('preorder'),
        subtreeNodes: () => columns.words('subtreeNodes'),
      }),
  });
