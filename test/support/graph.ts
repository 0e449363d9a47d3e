/**
 * Heaps drawn by hand: a few lines of nodes and edges, as a HeapGraph and as the bytes of a real .heapsnapshot.
 *
 *   drawHeap(`
 *     root -shortcut:global-> global
 *     global -cache-> Map cache           // "Map cache": class and handle; one word is both
 *     cache -internal:table-> table:array 100
 *     table -#3-> Session s1 40           // #3 is element 3; 40 its self size (16 by default)
 *   `)
 * An edge is `-name->` (property), `-#index->` (element) or `-type:name->`. A node is `[Class] handle[:type] [bytes]`; later
 * its handle is enough; `_` in a type stands for a blank. Ids are 1, 3, 5… in order of appearance; the first node named is the root.
 */
import { SnapshotParser } from '#memwatch/analyzer/formats/heapsnapshot/parser.js';
import { edgeTypes, nodeTypes, type HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';

interface DrawnNode {
  readonly handle: string;
  name: string;
  type: string;
  bytes: number;
  id: number;
  readonly edges: { type: string; name: string; to: DrawnNode }[];
}

export interface DrawnHeap {
  readonly graph: HeapGraph;
  /** The snapshot that `graph` was read from. */
  readonly bytes: Buffer;
  /** The index of the node with that handle. */
  node(handle: string): number;
}

export interface DrawOptions {
  /** Ids by handle, if a test needs the same object in two snapshots. */
  readonly ids?: Readonly<Record<string, number>>;
  /** Where functions begin, by handle: script, line and column, 0-based as in V8. */
  readonly positions?: Readonly<Record<string, readonly [scriptId: number, line: number, column: number]>>;
  /** V8's marks of nodes of a page, by handle. */
  readonly marks?: Readonly<Record<string, 'attached' | 'detached'>>;
}

const v8NodeTypes = nodeTypes.filter((type) => type !== 'unknown');
const v8EdgeTypes = edgeTypes.filter((type) => type !== 'unknown');

export const drawHeap = (text: string, options: DrawOptions = {}): DrawnHeap => {
  const nodes = new Map<string, DrawnNode>();
  for (const line of text.split('\n')) {
    const words = line.replace(/\/\/.*/, '').trim();
    if (words === '') continue;
    const match = /^(.+?)\s+-(\S.*)->\s+(.+)$/.exec(words);
    if (match === null) {
      nodeOf(nodes, words);
      continue;
    }
    const from = nodeOf(nodes, match[1]);
    from.edges.push({ ...edgeOf(match[2]), to: nodeOf(nodes, match[3]) });
  }
  for (const [handle, id] of Object.entries(options.ids ?? {})) nodeOf(nodes, handle).id = id;
  const list = [...nodes.values()];
  const indexOf = (handle: string): number => list.findIndex((node) => node.handle === handle);
  const positions = Object.entries(options.positions ?? {}).map(([handle, at]) => [indexOf(handle), ...at]);
  const marks = Object.entries(options.marks ?? {}).map(([handle, mark]): [number, number] => [
    indexOf(handle),
    mark === 'attached' ? 1 : 2,
  ]);
  const bytes = snapshotBytes(list, positions, new Map(marks));
  const parser = new SnapshotParser(bytes.length);
  parser.push(bytes);
  return { graph: parser.end(), bytes, node: indexOf };
};

const nodeOf = (nodes: Map<string, DrawnNode>, text: string): DrawnNode => {
  const match = /^(.*?)(?:\s+(\d+))?$/.exec(text.trim());
  const words = (match?.[1] ?? '').split(' ');
  const bytes = match?.[2];
  const [handle, type] = (words.pop() ?? '').split(':');
  const name = words.length === 0 ? undefined : words.join(' ');
  const node: DrawnNode = nodes.get(handle) ?? {
    handle,
    name: name ?? handle,
    type: nodes.size === 0 ? 'synthetic' : 'object',
    bytes: nodes.size === 0 ? 0 : 16,
    id: nodes.size * 2 + 1,
    edges: [],
  };
  nodes.set(handle, node);
  if (name !== undefined) node.name = name;
  if (type !== undefined) node.type = type.replaceAll('_', ' ');
  if (bytes !== undefined) node.bytes = Number(bytes);
  return node;
};

const edgeOf = (label: string): { type: string; name: string } => {
  if (label.startsWith('#')) return { type: 'element', name: label.slice(1) };
  const colon = label.indexOf(':');
  return colon === -1
    ? { type: 'property', name: label }
    : { type: label.slice(0, colon), name: label.slice(colon + 1) };
};

/** The bytes that V8 would write (without line breaks, as Node 24 does). */
const snapshotBytes = (
  nodes: readonly DrawnNode[],
  positions: readonly (readonly number[])[],
  marks: ReadonlyMap<number, number>,
): Buffer => {
  const strings = ['<dummy>'];
  const stringIndex = new Map<string, number>();
  const string = (text: string): number => {
    const known = stringIndex.get(text) ?? strings.push(text) - 1;
    stringIndex.set(text, known);
    return known;
  };
  const at = new Map(nodes.map((node, index) => [node, index]));
  const edges = nodes.flatMap((node) => node.edges);
  const rows = nodes.flatMap((node, index) => [
    v8NodeTypes.indexOf(node.type as (typeof v8NodeTypes)[number]),
    string(node.name),
    node.id,
    node.bytes,
    node.edges.length,
    marks.get(index) ?? 0,
  ]);
  const edgeRows = edges.flatMap(({ type, name, to }) => [
    v8EdgeTypes.indexOf(type as (typeof v8EdgeTypes)[number]),
    type === 'element' || type === 'hidden' ? Number(name) : string(name),
    (at.get(to) ?? 0) * 6,
  ]);
  const snapshot = {
    meta: {
      node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
      node_types: [v8NodeTypes, 'string', 'number', 'number', 'number', 'number'],
      edge_fields: ['type', 'name_or_index', 'to_node'],
      edge_types: [v8EdgeTypes, 'string_or_number', 'node'],
      location_fields: ['object_index', 'script_id', 'line', 'column'],
    },
    node_count: nodes.length,
    edge_count: edges.length,
    trace_function_count: 0,
    extra_native_bytes: 0,
  };
  const locations = positions
    .toSorted(([a = 0], [b = 0]) => a - b)
    .flatMap(([node = 0, ...at]) => [node * snapshot.meta.node_fields.length, ...at]);
  return Buffer.from(JSON.stringify({ snapshot, nodes: rows, edges: edgeRows, locations, strings }));
};
