/** `memwatch heap <file or target>`: what holds the memory. A target is captured first. */
import { describeObject } from '../analyzer/heap/object-detail.js';
import type { Heap } from '../analyzer/heap/heap.js';
import { storedRows, summarizeHeap, type ClassOrder } from '../analyzer/heap/summary.js';
import type { HeapObject, HeapRow } from '../analyzer/model/heap-results.js';
import type { HeapDocument, ObjectDocument } from '../analyzer/model/documents.js';
import { MemwatchError } from '../errors.js';
import { renderHeap, renderHeapObject } from '../report/heap-text.js';
import { captureOptions } from './capture-file.js';
import { targetForms } from './choose-target.js';
import { htmlOptions, printWithPage } from './html.js';
import type { Arguments, Command, Io } from './io.js';
import { indexOption } from './file-options.js';
import { openSource } from './open-heap.js';

const orders: readonly ClassOrder[] = ['retained', 'self', 'count', 'name'];

export const heapCommand: Command = {
  builder: (yargs) =>
    indexOption(captureOptions(htmlOptions(yargs), 'save the snapshot of a target in this file'))
      .positional('source', {
        type: 'string',
        describe: `.heapsnapshot file (plain or gzip); or a target: ${targetForms}`,
      })
      .option('class', { type: 'string', describe: 'show the objects of this class, biggest first' })
      .option('id', { type: 'string', describe: 'show one object by its id (@123): what holds it and what it holds' })
      .option('sort', { choices: orders, default: 'retained', describe: 'how to sort the classes' })
      .option('limit', { type: 'number', describe: 'rows in each table (15; with --json all classes and 100 objects)' })
      .option('force', { type: 'boolean', describe: 'take the snapshot even if memory could run out' })
      .example('$0 heap 1234', 'take a snapshot of process 1234 and show what holds its memory')
      .example('$0 heap app.heapsnapshot', 'the biggest objects and classes, with their retaining paths')
      .example('$0 heap app.heapsnapshot --class Session', 'every Session and what retains it'),
  async run(args, io) {
    const limit = limitOf(args, io.json ? 100 : 15);
    const print = printWithPage(args, io);
    const { heap, file } = await openSource(args, io);
    const { byNeed } = heap;
    if (args['id'] !== undefined)
      printObject(byNeed, file, nodeOf(byNeed, file, String(args['id'])), limit, { ...io, print });
    else printSummary(limit > storedRows ? heap : byNeed, file, limit, args, { ...io, print });
  },
};

const printSummary = (heap: Heap, file: string, limit: number, args: Arguments, io: Io): void => {
  const className = args['class'] === undefined ? undefined : String(args['class']);
  const sort = orders.find((order) => order === args['sort']) ?? 'retained';
  const classLimit = io.json && args['limit'] === undefined ? Infinity : limit;
  const summary = summarizeHeap(heap, { limit, classLimit, sort, className });
  if (summary === undefined)
    throw new MemwatchError('not-found', `no object of class ${String(className)} in ${file}`, {
      hint: 'run memwatch heap without --class to list the classes',
    });
  const { nodes, edges, selfBytes, extraNativeBytes, classes, dominators } = summary;
  const snapshot = { file, nodes, edges, selfBytes, extraNativeBytes };
  io.print(heapDocument(heap, snapshot, classes, dominators), () =>
    renderHeap(summary, { file, width: io.columns, className }),
  );
};

const printObject = (heap: Heap, file: string, node: number, limit: number, io: Io): void => {
  const object = describeObject(heap, node, limit);
  const { nodeCount, edgeCount } = heap.graph;
  const { retainers, retainerCount, contents, contentCount } = object;
  const selfBytes = heap.dominators.retainedBytes[0] ?? 0;
  const document = heapDocument(heap, { file, nodes: nodeCount, edges: edgeCount, selfBytes }, [], [object]);
  io.print({ ...document, retainers, retainerCount, contents, contentCount }, () =>
    renderHeapObject(object, io.columns),
  );
};

const heapDocument = (
  { nodeVersion }: Heap,
  snapshot: HeapDocument['snapshot'],
  classes: HeapDocument['classes'],
  objects: readonly (HeapObject | HeapRow)[],
): HeapDocument => ({
  schema: 'memwatch/heap@1',
  nodeVersion,
  snapshot,
  classes,
  dominators: objects.map(objectDocument),
});

const objectDocument = (object: HeapObject | HeapRow): ObjectDocument => {
  const { id, name, type, selfBytes, retainedBytes, path, location } = object;
  const alike = 'count' in object ? { count: object.count, totalBytes: object.totalBytes } : {};
  return { id, name, type, selfBytes, retainedBytes, ...alike, path, location };
};

const nodeOf = (heap: Heap, file: string, text: string): number => {
  const id = Number(text.replace(/^@/, ''));
  const node = Number.isInteger(id) ? heap.nodeWithId(id) : -1;
  if (node === -1)
    throw new MemwatchError('not-found', `no object with id ${text} in ${file}`, {
      hint: 'use a number after @ in the output of memwatch heap',
    });
  return node;
};

export const limitOf = (args: Arguments, otherwise: number): number => {
  const limit = args['limit'] === undefined ? otherwise : Number(args['limit']);
  if (!Number.isInteger(limit) || limit < 1)
    throw new MemwatchError('bad-argument', `--limit ${String(args['limit'])} is not a number of rows`);
  return limit;
};
