/**
 * A .heapsnapshot, pushed in as bytes in pieces of any size: `{"snapshot":{…},"nodes":[…],"edges":[…],…,"strings":[…]}`.
 * Only the names of the top-level keys matter; blanks, line breaks and unknown keys are ignored. Out: a HeapGraph that is
 * consistent (every edge, name and count within range), or a MemwatchError with the position of the error.
 */
import { MemwatchError } from '../../../errors.js';
import { edgeTypes, type HeapGraph, type NodePositions, type StringPages } from '../../model/heap-graph.js';
import { stringTable } from '../../model/string-table.js';
import { firstCapacity } from './columns.js';
import { EdgeColumns, type EdgeCounts, type EdgeMemory } from './edges.js';
import { spreadDetached } from './detached.js';
import { findInconsistency } from './consistency.js';
import { readHeader, type SnapshotHeader } from './header.js';
import { LocationColumns } from './locations.js';
import { NodeColumns } from './nodes.js';
import { RowsReader } from './rows.js';
import { StringsReader } from './strings.js';
import { ValueReader } from './value.js';

/** Takes the bytes of one value: returns the position after it, or -1 if it needs more. */
interface Reader {
  push(bytes: Uint8Array, from: number, end: number, base: number): number;
}

/** The end of a snapshot, as another thread read it. */
export interface SnapshotRest {
  readonly edges: EdgeCounts;
  readonly positions: NodePositions | undefined;
  readonly strings: StringPages | undefined;
  /** The position at which it ended. */
  readonly position: number;
}

/** A file without a header in its first megabyte is not a heap snapshot. */
const headerBytes = 1 << 20;

/** For each of memwatch's edge types: 1 if the edge's second number is the index of a string. */
export const namedEdgeTypes = Uint8Array.from(edgeTypes, (type) => (type === 'element' || type === 'hidden' ? 0 : 1));

type Place = 'start' | 'key' | 'colon' | 'value' | 'inside' | 'comma' | 'end';

export class SnapshotParser {
  /** Bytes pushed so far. */
  position = 0;
  header: SnapshotHeader | undefined;
  private nodes: NodeColumns | undefined;
  private edges: EdgeColumns | undefined;
  /** Created before its key was read, for another parser to fill from its end. */
  private earlyEdges: EdgeColumns | undefined;
  private locations: LocationColumns | undefined;
  private strings: StringPages | undefined;
  private positions: NodePositions | undefined;
  private place: Place = 'start';
  private key = '';
  private reader: Reader = new ValueReader(false);
  private whenRead: () => void = () => {};

  /** `fileBytes`: the most JSON that there can be, so that columns get their final size at once. */
  constructor(private readonly fileBytes: number) {}

  push(bytes: Uint8Array): void {
    let p = 0;
    while (p < bytes.length) {
      if (this.place !== 'inside') {
        if (this.takeBetween(bytes[p], this.position + p)) p++;
        continue;
      }
      const after = this.reader.push(bytes, p, bytes.length, this.position);
      if (after === -1) break;
      p = after;
      this.place = 'comma';
      this.whenRead();
    }
    this.position += bytes.length;
    if (this.header === undefined && this.position > headerBytes) throw notSnapshot();
  }

  /** The memory of all edges, for another parser to fill from its end; undefined if there is no header to rely on. */
  get edgeMemory(): EdgeMemory | undefined {
    if (this.header === undefined) return undefined;
    this.earlyEdges ??= new EdgeColumns(this.header, namedEdgeTypes, this.fileBytes);
    return this.earlyEdges.whole;
  }

  /** A parser for the rest of a file, from a byte at which a row of `edges` begins. */
  static inEdges(header: SnapshotHeader, position: number, memory: EdgeMemory, fileBytes: number): SnapshotParser {
    const parser = new SnapshotParser(fileBytes);
    parser.header = header;
    parser.position = position;
    parser.edges = new EdgeColumns(header, namedEdgeTypes, 0, memory);
    parser.begin(new RowsReader(parser.edges), () => {});
    return parser;
  }

  /** Whether everything from here on can be left to another parser that began here. */
  get atEdge(): boolean {
    return (
      this.place === 'inside' && this.reader instanceof RowsReader && this.key === 'edges' && this.reader.atRowStart
    );
  }

  /** What a parser that began in the edges has read, to be given to the one that read the part before. */
  endOfRest(): SnapshotRest {
    const { edges, locations, strings } = this;
    if (this.place !== 'end') throw broken(this.position, cutOff);
    if (edges === undefined || this.nodes !== undefined) throw broken(this.position, 'nodes follow after the edges');
    return { edges: edges.finish(), positions: locations?.finish(), strings, position: this.position };
  }

  /** The graph made from what this parser has read and the rest. */
  endWith(rest: SnapshotRest): HeapGraph {
    if (this.edges?.append(rest.edges) !== true)
      throw broken(rest.position, `more edges than the ${this.header?.edgeCount} that the header counts`);
    if (rest.strings !== undefined && this.strings !== undefined)
      throw broken(rest.position, 'there is a second list of strings');
    this.strings ??= rest.strings;
    this.positions = rest.positions ?? this.positions;
    this.position = rest.position;
    this.place = 'end';
    return this.end();
  }

  /** The graph; throws if the file ended early or is inconsistent. */
  end(): HeapGraph {
    if (this.header === undefined) throw notSnapshot();
    if (this.place !== 'end') throw broken(this.position, cutOff);
    const { header, nodes, edges, strings } = this;
    if (nodes === undefined || edges === undefined || strings === undefined)
      throw broken(this.position, 'nodes, edges or strings are missing');
    const problem = findInconsistency(header, nodes, edges, strings);
    if (problem !== undefined) throw broken(this.position, problem);
    const columns = {
      nodeType: nodes.type.subarray(0, nodes.count),
      firstEdge: nodes.firstEdge.subarray(0, nodes.count + 1),
      edgeType: edges.type.subarray(0, edges.count),
      edgeTarget: edges.target.subarray(0, edges.count),
    };
    return {
      ...columns,
      nodeCount: nodes.count,
      edgeCount: edges.count,
      nodeName: nodes.name.subarray(0, nodes.count),
      nodeId: nodes.id.subarray(0, nodes.count),
      selfBytes: nodes.selfBytes.subarray(0, nodes.count),
      edgeName: edges.name.subarray(0, edges.count),
      strings: stringTable(strings),
      positions: this.positions ?? (this.locations ?? new LocationColumns(header, 0)).finish(),
      detached: spreadDetached(columns, nodes.marked),
      extraNativeBytes: header.extraNativeBytes,
    };
  }

  /** Takes one byte outside of a value; returns false if a value begins with it. */
  private takeBetween(c: number, position: number): boolean {
    if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) return true;
    const char = String.fromCharCode(c);
    if (this.place === 'key' && char === '"') return this.beginKey();
    if (this.place === 'value') return this.beginValue(char, position);
    const next = transitions[this.place + char];
    if (next === undefined) {
      if (this.header === undefined) throw notSnapshot();
      throw broken(position, `"${c > 0x20 && c < 0x7f ? char : `\\x${c.toString(16)}`}" is not expected here`);
    }
    this.place = next;
    return true;
  }

  private begin(reader: Reader, whenRead: () => void): void {
    this.reader = reader;
    this.whenRead = whenRead;
    this.place = 'inside';
  }

  private beginKey(): false {
    const reader = new ValueReader(true);
    this.begin(reader, () => {
      this.key = reader.text.slice(1, -1);
      this.place = 'colon';
    });
    return false;
  }

  private beginValue(char: string, position: number): boolean {
    if (this.key === 'snapshot') return this.beginHeader(position);
    const reader = this.arrayReader(position);
    if (reader === undefined) {
      this.begin(new ValueReader(false), () => {});
      return false;
    }
    if (char !== '[') throw broken(position, `${this.key} is not an array`);
    this.begin(reader.reader, reader.whenRead);
    return true;
  }

  private beginHeader(position: number): false {
    if (this.header !== undefined) throw broken(position, 'there is a second header');
    const reader = new ValueReader(true);
    this.begin(reader, () => {
      this.header = readHeader(reader.text, position);
    });
    return false;
  }

  /** The reader of an array that is needed; undefined for any other key. */
  private arrayReader(position: number): { reader: Reader; whenRead: () => void } | undefined {
    if (!['nodes', 'edges', 'locations', 'strings'].includes(this.key)) return undefined;
    const { header, fileBytes } = this;
    if (header === undefined) throw notSnapshot();
    const nothing = (): void => {};
    if (this.key === 'strings') {
      this.once(this.strings, position);
      const reader = new StringsReader(firstCapacity(header.nodeCount, 1, fileBytes));
      return { reader, whenRead: () => void (this.strings = reader.finish()) };
    }
    if (this.key === 'nodes') {
      this.once(this.nodes, position);
      this.nodes = new NodeColumns(header, fileBytes);
      return { reader: new RowsReader(this.nodes), whenRead: nothing };
    }
    if (this.key === 'edges') {
      this.once(this.edges, position);
      this.edges = this.earlyEdges ?? new EdgeColumns(header, namedEdgeTypes, fileBytes);
      return { reader: new RowsReader(this.edges), whenRead: nothing };
    }
    this.once(this.locations, position);
    this.locations = new LocationColumns(header, fileBytes);
    return { reader: new RowsReader(this.locations), whenRead: nothing };
  }

  private once(before: object | undefined, position: number): void {
    if (before !== undefined) throw broken(position, `there is a second list of ${this.key}`);
  }
}

const cutOff = 'the file is cut off here';

/** What may come between values: from a place and a character to the next place. */
const transitions: Readonly<Record<string, Place | undefined>> = {
  'start{': 'key',
  'key}': 'end',
  'colon:': 'value',
  'comma,': 'key',
  'comma}': 'end',
};

const broken = (position: number, message: string): MemwatchError =>
  new MemwatchError('broken-file', `at byte ${position}: ${message}`);

const notSnapshot = (): MemwatchError => new MemwatchError('not-this-format', 'it is not a heap snapshot');
