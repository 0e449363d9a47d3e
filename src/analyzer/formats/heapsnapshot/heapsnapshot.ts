/**
 * Reads a .heapsnapshot of Node or Chrome, plain or gzip, of any size, as a stream. In: a file's path, or its bytes in
 * pieces. Out: a HeapGraph. Throws `not-this-format` if it is something else, and `broken-file` with the byte position (in
 * the JSON, after gunzip) if it is incomplete or inconsistent.
 */
import { createReadStream, type ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { cannotRead, MemwatchError, messageOf, throwIfInterrupted } from '../../../errors.js';
import { requireRegularFile } from '../../../input.js';
import type { HeapGraph } from '../../model/heap-graph.js';
import { readPieces } from './file-pieces.js';
import { withPlainContexts } from './names.js';
import { nameVariablesOfBlocks } from './scopes.js';
import { startRest } from './rest.js';
import { SnapshotParser } from './parser.js';

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Called from time to time with the share of the file that has been read, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Plain files of at least this many bytes are read by two threads; by default 64 MB. */
  readonly twoThreadsFrom?: number;
}

/** The header is within this many bytes of the start. */
const headerBytes = 1 << 16;
/** In practice gzip does not compress JSON numbers better than this; if it does, columns grow. */
const gzipRatio = 8;

/** Reads a snapshot from a file, or from its bytes in pieces of any size. Throws `not-this-format`, `broken-file`. */
export const readHeapSnapshot = async (
  source: string | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<HeapGraph> => {
  const graph = withPlainContexts(await readGraph(source, options));
  nameVariablesOfBlocks(graph);
  return graph;
};

const readGraph = async (source: string | AsyncIterable<Uint8Array>, options: ReadOptions): Promise<HeapGraph> => {
  if (typeof source !== 'string') return parse(source, new SnapshotParser(0), options);
  const { bytes, gzip } = await look(source);
  try {
    if (gzip) return await readGzip(source, bytes, options);
    return await readPlain(source, bytes, options);
  } catch (error) {
    throw withFile(error, source);
  }
};

/** The first thread reads the nodes, which are fast for their size; the second reads the strings, and sorts the locations. */
const firstThreadsShare = 0.54;

/** From this size on a second thread is worth it. */
const twoThreadBytes = 64 << 20;

const readPlain = async (path: string, bytes: number, options: ReadOptions): Promise<HeapGraph> => {
  const parser = new SnapshotParser(bytes);
  const push = async (from: number, to?: number): Promise<void> => {
    for await (const piece of readPieces(path, from, to)) {
      throwIfInterrupted(options.signal);
      parser.push(piece);
      options.onProgress?.(parser.position / bytes);
    }
  };
  if (bytes < (options.twoThreadsFrom ?? twoThreadBytes)) {
    await push(0);
    return parser.end();
  }
  await push(0, headerBytes);
  const middle = Math.floor(bytes * firstThreadsShare);
  const { header, edgeMemory } = parser;
  const second =
    header === undefined || edgeMemory === undefined ? undefined : startRest(path, middle, header, edgeMemory);
  try {
    await push(parser.position, middle);
    const startedAt = await second?.startedAt;
    if (startedAt !== undefined) await push(middle, startedAt);
    const rest = startedAt !== undefined && parser.atEdge ? await second?.rest : undefined;
    if (rest !== undefined) return parser.endWith(rest);
    await second?.stop();
    await push(parser.position);
    return parser.end();
  } finally {
    await second?.stop();
  }
};

const readGzip = async (path: string, bytes: number, options: ReadOptions): Promise<HeapGraph> => {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    return await parse(unzipped(file), new SnapshotParser(bytes * gzipRatio), {
      ...options,
      onProgress: () => options.onProgress?.(file.bytesRead / bytes),
    });
  } finally {
    file.destroy();
  }
};

const parse = async (
  pieces: AsyncIterable<Uint8Array>,
  parser: SnapshotParser,
  options: ReadOptions,
): Promise<HeapGraph> => {
  for await (const piece of pieces) {
    throwIfInterrupted(options.signal);
    parser.push(piece);
    options.onProgress?.(0);
  }
  return parser.end();
};

const unzipped = (file: ReadStream): Gunzip => {
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  pipeline(file, gunzip, () => {}); // its errors reach whoever reads from it
  return gunzip;
};

/** The size of the file, and whether it begins like a gzip file. */
const look = async (path: string): Promise<{ bytes: number; gzip: boolean }> => {
  try {
    requireRegularFile(path);
    const file = await open(path);
    try {
      const magic = Buffer.alloc(2);
      await file.read(magic, 0, 2, 0);
      return { bytes: (await file.stat()).size, gzip: magic[0] === 0x1f && magic[1] === 0x8b };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
};

/** Adds the name of the file to the error's message. */
const withFile = (error: unknown, path: string): unknown => {
  if (error instanceof MemwatchError && error.code === 'broken-file')
    return new MemwatchError('broken-file', `${path} is broken ${error.message}`, { hint: 'capture it again' });
  if (error instanceof MemwatchError && error.code === 'not-this-format')
    return new MemwatchError('not-this-format', `${path} is not a heap snapshot`, {
      hint: 'memwatch snapshot <target> takes one',
    });
  if (error instanceof MemwatchError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_'))
    return new MemwatchError('broken-file', `${path} is broken: its gzip is damaged or cut off (${messageOf(error)})`);
  return cannotRead(path, error);
};
