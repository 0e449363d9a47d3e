/** Writes an index, see layout.ts. In: a graph with its results. Out: the bytes of the file, piece by piece. */
import { crc32 } from 'node:zlib';
import { blockBytes, endBytes, start, type Column, type Directory, type IndexContent, type Section } from './layout.js';

/** The bytes of columns and strings, which are nearly all of the file. */
export const indexBytes = (content: IndexContent): number =>
  sectionsOf(content).reduce((sum, { column }) => sum + paddedBytes(column.byteLength), 0);

/** So that whoever writes them can do something else in between. */
const pieceBytes = 1 << 24;

export function* heapIndexPieces(content: IndexContent): Generator<Uint8Array> {
  let at = start.length;
  yield start;
  const columns: Record<string, Section> = {};
  const pages: Section[] = [];
  for (const { name, column } of sectionsOf(content)) {
    const section = sectionOf(column, at);
    if (name === undefined) pages.push(section);
    else columns[name] = section;
    yield* piecesOf(column);
    at += paddedBytes(section.bytes);
  }
  const directory = Buffer.from(JSON.stringify(directoryOf(content, columns, pages)));
  yield directory;
  yield endOf(at, directory);
}

const sectionOf = (column: Column, at: number): Section => {
  const kind = column instanceof Uint8Array ? 'bytes' : column instanceof Uint32Array ? 'words' : 'floats';
  const bytes = bytesOf(column);
  const checksums: number[] = [];
  for (let from = 0; from < bytes.length; from += blockBytes)
    checksums.push(crc32(bytes.subarray(from, from + blockBytes)));
  return { kind, at, bytes: bytes.length, checksums };
};

const paddedBytes = (bytes: number): number => Math.ceil(bytes / 8) * 8;
const bytesOf = ({ buffer, byteOffset, byteLength }: Column): Buffer => Buffer.from(buffer, byteOffset, byteLength);

function* piecesOf(column: Column): Generator<Uint8Array> {
  const bytes = bytesOf(column);
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  yield Buffer.alloc(paddedBytes(bytes.length) - bytes.length);
}

/** Columns have names, pages of strings have none. */
const sectionsOf = ({ graph, results }: IndexContent): { name?: string; column: Column }[] => {
  const { nodeType, nodeName, nodeId, selfBytes, firstEdge, edgeType, edgeName, edgeTarget, positions } = graph;
  const { edges, dominators, paths } = results;
  const { pages, starts, count } = graph.strings.written;
  const named = {
    nodeType,
    nodeName,
    nodeId,
    selfBytes,
    firstEdge,
    edgeType,
    edgeName,
    edgeTarget,
    detached: Uint32Array.from(graph.detached),
    positionNodes: positions.nodes,
    positionScripts: positions.scriptIds,
    positionLines: positions.lines,
    positionColumns: positions.columns,
    stringStarts: starts.subarray(0, count),
    retaining: edges.bits,
    userOwned: edges.userOwned,
    immediate: dominators.immediate,
    retainedBytes: dominators.retainedBytes,
    preorder: dominators.preorder,
    subtreeNodes: dominators.subtreeNodes,
    classOf: results.classes.classOf,
    pathEdge: paths.edge,
    pathFrom: paths.from,
    biggest: results.biggest,
    biggestOfClass: results.biggestOfClass,
    largestFirst: results.largest.first,
    largestNodes: results.largest.nodes,
  };
  return [...Object.entries(named).map(([name, column]) => ({ name, column })), ...pages.map((column) => ({ column }))];
};

const directoryOf = (
  { file, graph, results }: IndexContent,
  columns: Directory['columns'],
  pages: Directory['pages'],
): Directory => ({
  file,
  columns,
  pages,
  nodeCount: graph.nodeCount,
  edgeCount: graph.edgeCount,
  extraNativeBytes: graph.extraNativeBytes,
  totalBytes: results.totalBytes,
  firstOfPage: graph.strings.written.firstOfPage,
  stringCount: graph.strings.count,
  classes: results.classes.list,
  places: results.places,
  rows: results.rows,
});

const endOf = (at: number, directory: Buffer): Buffer => {
  const end = Buffer.alloc(endBytes);
  end.writeDoubleLE(at, 0);
  end.writeDoubleLE(directory.length, 8);
  end.writeUInt32LE(crc32(directory), 16);
  start.copy(end, 20);
  return end;
};
