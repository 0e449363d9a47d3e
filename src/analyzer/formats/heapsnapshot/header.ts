/**
 * The header of a .heapsnapshot, `{"meta": {…}, "node_count": …, "edge_count": …}`. In: its JSON text. Out: the position of
 * each field in a row and the meaning of each type's number. Fields and types are found by name, because V8 has added,
 * removed and moved them. If a field that memwatch needs is missing, that is an error; its position is never guessed.
 */
import { MemwatchError, messageOf } from '../../../errors.js';
import { edgeTypes, nodeTypes } from '../../model/heap-graph.js';

export interface RowLayout {
  /** How many numbers a row has. */
  readonly width: number;
  /** Position in the row by field name. */
  readonly at: Readonly<Record<string, number>>;
}

export interface SnapshotHeader {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly node: RowLayout;
  readonly edge: RowLayout;
  readonly location: RowLayout;
  /** From the file's number of a node type to memwatch's. */
  readonly nodeTypeOf: Uint8Array;
  readonly edgeTypeOf: Uint8Array;
  readonly extraNativeBytes: number;
}

/** Reads the text of the header, which begins at byte `position`; throws `broken-file` naming what is missing. */
export const readHeader = (text: string, position: number): SnapshotHeader => {
  try {
    return headerOf(text);
  } catch (error) {
    throw new MemwatchError('broken-file', `at byte ${position}: ${messageOf(error)}`);
  }
};

const headerOf = (text: string): SnapshotHeader => {
  const header = record(parse(text), 'the header');
  const meta = record(header['meta'], 'meta');
  return {
    nodeCount: count(header, 'node_count'),
    edgeCount: count(header, 'edge_count'),
    node: layout(meta, 'node_fields', ['type', 'name', 'id', 'self_size', 'edge_count']),
    edge: layout(meta, 'edge_fields', ['type', 'name_or_index', 'to_node']),
    location: layout({ location_fields: [], ...meta }, 'location_fields', []),
    nodeTypeOf: typeNumbers(meta, 'node_fields', 'node_types', nodeTypes),
    edgeTypeOf: typeNumbers(meta, 'edge_fields', 'edge_types', edgeTypes),
    extraNativeBytes: typeof header['extra_native_bytes'] === 'number' ? header['extra_native_bytes'] : 0,
  };
};

const broken = (message: string): Error => new Error(message);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw broken('the header is not JSON');
  }
};

const record = (value: unknown, what: string): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(`${what} is not an object`);
  return value as Record<string, unknown>;
};

const count = (header: Record<string, unknown>, key: string): number => {
  const value = header[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw broken(`the header has no ${key}`);
  if (value > 0xffff_ffff) throw broken(`the header's ${key} of ${value} is larger than V8 can write`);
  return value;
};

const names = (meta: Record<string, unknown>, key: string): string[] => {
  const value = meta[key];
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string'))
    throw broken(`the header has no ${key}`);
  return value;
};

const layout = (meta: Record<string, unknown>, key: string, needed: readonly string[]): RowLayout => {
  const fields = names(meta, key);
  const at = Object.fromEntries(fields.map((name, index) => [name, index]));
  for (const name of needed)
    if (!Object.hasOwn(at, name)) throw broken(`${key} in the header does not contain "${name}"`);
  return { width: fields.length, at };
};

/** V8 6 (Node 8) writes nodes of these types without listing them in the header, whose last name is `sliced string`. */
const unnamedTypes = ['symbol', 'bigint'];

/** `node_types` has the names of all types at the index of the field `type`. */
const typeNumbers = (
  meta: Record<string, unknown>,
  fieldsKey: string,
  typesKey: string,
  known: readonly string[],
): Uint8Array => {
  const types = meta[typesKey];
  const at = names(meta, fieldsKey).indexOf('type');
  const list: unknown = Array.isArray(types) ? types[at] : undefined;
  if (!Array.isArray(list)) throw broken(`the header has no list of types in ${typesKey}`);
  const unknown = known.indexOf('unknown');
  return Uint8Array.from(list.at(-1) === 'sliced string' ? [...list, ...unnamedTypes] : list, (name) => {
    const number = known.indexOf(String(name));
    return number === -1 ? unknown : number;
  });
};
