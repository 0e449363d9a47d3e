/**
 * Reads a big snapshot in two threads: one from its start, the other from the middle of its edges. In: a file and the
 * position of its middle. Out: where the second thread began and what it read. The second thread finds the start of a row
 * of edges from the numbers themselves (there are few types, and targets are multiples). The first thread, which counts
 * from the start, decides: it uses the rest only if its own count also has a row begin there.
 */
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { readPieces } from './file-pieces.js';
import type { EdgeMemory } from './edges.js';
import type { SnapshotHeader } from './header.js';
import { SnapshotParser, type SnapshotRest } from './parser.js';

interface Task {
  readonly task: 'rest of a snapshot';
  readonly path: string;
  readonly from: number;
  readonly header: SnapshotHeader;
  readonly memory: EdgeMemory;
}

type Message = { readonly startedAt: number | undefined } | { readonly rest: SnapshotRest };

export interface RestReader {
  /** The byte at which the second thread began; undefined if it found no row of edges. */
  readonly startedAt: Promise<number | undefined>;
  /** What it read; undefined if it failed: then the first thread reads on, and reports what is wrong and where. */
  readonly rest: Promise<SnapshotRest | undefined>;
  /** After this, the second thread no longer touches the memory of the edges. */
  stop(): Promise<unknown>;
}

/** Starts the second thread, which fills the edges' memory from its end. */
export const startRest = (path: string, from: number, header: SnapshotHeader, memory: EdgeMemory): RestReader => {
  const task: Task = { task: 'rest of a snapshot', path, from, header, memory };
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  const startedAt = settled<number | undefined>();
  const rest = settled<SnapshotRest | undefined>();
  const fail = (): void => {
    startedAt.resolve(undefined);
    rest.resolve(undefined);
  };
  worker.on('message', (message: Message) => {
    if ('startedAt' in message) startedAt.resolve(message.startedAt);
    else rest.resolve(message.rest);
  });
  worker.on('error', fail);
  worker.on('exit', fail);
  return { startedAt: startedAt.promise, rest: rest.promise, stop: () => worker.terminate() };
};

interface Settled<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

/** A promise that is settled from outside. */
const settled = <T>(): Settled<T> => {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

const windowBytes = 1 << 16;

/** The byte at which a row of edges begins, near `from`. */
const findRow = async (path: string, from: number, header: SnapshotHeader): Promise<number | undefined> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(windowBytes), 0, windowBytes, from);
    const at = rowStart(buffer.subarray(0, bytesRead), header);
    return at === undefined ? undefined : from + at;
  } finally {
    await file.close();
  }
};

/** The only position in these bytes from which all numbers form rows of edges; undefined if there is none or more than one. */
export const rowStart = (bytes: Uint8Array, header: SnapshotHeader): number | undefined => {
  const { width, at } = header.edge;
  const numbers = numbersIn(bytes);
  if (numbers === undefined || numbers.length < 100 * width) return undefined;
  const beyond = header.nodeCount * header.node.width;
  const fits = (phase: number): boolean => {
    for (let row = phase; row + width <= numbers.length; row += width) {
      const target = numbers[row + at['to_node']].value;
      if (numbers[row + at['type']].value >= header.edgeTypeOf.length) return false;
      if (target >= beyond || target % header.node.width !== 0) return false;
    }
    return true;
  };
  const phases = Array.from({ length: width }, (_, phase) => phase).filter(fits);
  return phases.length === 1 ? numbers[phases[0]].start : undefined;
};

/** The whole numbers between commas; undefined if there is anything else between them. */
const numbersIn = (bytes: Uint8Array): { start: number; value: number }[] | undefined => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!/^[\d,\s]*$/.test(text)) return undefined;
  const first = text.indexOf(',');
  const last = text.lastIndexOf(',');
  const numbers = text.slice(first, last).matchAll(/\d+/g);
  return [...numbers].map((match) => ({ start: first + match.index, value: Number(match[0]) }));
};

const post = (message: Message): void => parentPort?.postMessage(message, transferable(message));

/** Memory that it read into is transferred; the memory of the edges is shared by both threads. */
const transferable = (message: Message): ArrayBuffer[] => {
  if (!('rest' in message)) return [];
  const { strings, positions } = message.rest;
  const columns = [
    ...(strings === undefined ? [] : [...strings.pages, strings.starts]),
    ...(positions === undefined ? [] : Object.values(positions)),
  ];
  return [...new Set(columns.map(({ buffer }) => buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
};

const work = async ({ path, from, header, memory }: Task): Promise<void> => {
  const start = await findRow(path, from, header);
  post({ startedAt: start });
  if (start === undefined) return;
  const parser = SnapshotParser.inEdges(header, start, memory, statSync(path).size - start);
  for await (const piece of readPieces(path, start)) parser.push(piece);
  post({ rest: parser.endOfRest() });
};

if (!isMainThread && (workerData as Partial<Task> | null)?.task === 'rest of a snapshot') {
  // not awaited: CommonJS could not require a module with top-level await; an error still ends the thread
  void work(workerData as Task);
}
