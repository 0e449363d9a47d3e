/**
 * The sinks that turn rows of a .heapsnapshot into columns. Columns grow towards the header's counts as rows come, so
 * that a header which claims four thousand million nodes costs nothing; where the file is known to be long enough they
 * have their final size at once. Each sink checks what it takes: a number out of its range is an error.
 */
import type { SnapshotHeader } from './heapsnapshot-header.js';
import type { RowSink } from './heapsnapshot-rows.js';

const comma = 0x2c;
const newline = 0x0a;
const maxUint32 = 0xffff_ffff;

/** Room to begin with, for `claimed` rows of at least two bytes a number, where `bytes` is what the file may hold. */
export const firstCapacity = (claimed: number, width: number, bytes: number): number =>
  Math.min(claimed, Math.max(1024, Math.floor(bytes / (2 * width)) + 1));

const grown = (capacity: number, limit: number): number => Math.min(limit, capacity * 2);

/** Columns lie in memory that a second thread can read. */
const bytesOf = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
const wordsOf = (length: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(length * 4));
const floatsOf = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));

const copied = <T extends Uint8Array | Uint32Array | Float64Array>(from: ArrayLike<number>, to: T): T => {
  to.set(from);
  return to;
};

export class NodeColumns implements RowSink {
  readonly rowName = 'node';
  readonly width: number;
  count = 0;
  /** Edges that the nodes so far lay claim to. */
  edges = 0;
  maxName = 0;
  type: Uint8Array;
  name: Uint32Array;
  id: Uint32Array;
  selfBytes: Uint32Array | Float64Array;
  firstEdge: Uint32Array;
  private capacity: number;
  private readonly at: { type: number; name: number; id: number; selfBytes: number; edgeCount: number };
  /** The fields stand in the order in which every V8 so far writes them. */
  private readonly usual: boolean;

  constructor(
    private readonly header: SnapshotHeader,
    fileBytes: number,
  ) {
    const { at, width } = header.node;
    this.width = width;
    this.at = {
      type: at['type'],
      name: at['name'],
      id: at['id'],
      selfBytes: at['self_size'],
      edgeCount: at['edge_count'],
    };
    this.usual = Object.values(this.at).every((position, index) => position === index);
    this.capacity = firstCapacity(header.nodeCount, width, fileBytes);
    this.type = bytesOf(this.capacity);
    this.name = wordsOf(this.capacity);
    this.id = wordsOf(this.capacity);
    this.selfBytes = wordsOf(this.capacity);
    this.firstEdge = wordsOf(this.capacity + 1);
  }

  take(row: Float64Array): string | undefined {
    const { at, header, count } = this;
    if (count >= header.nodeCount) return `more nodes than the ${header.nodeCount} that the header counts`;
    if (row[at.type] >= header.nodeTypeOf.length) return `node ${count} has the unknown type ${row[at.type]}`;
    if (row[at.name] > maxUint32 || row[at.id] > maxUint32) return `node ${count} has a name or id beyond 32 bits`;
    this.edges += row[at.edgeCount];
    if (this.edges > header.edgeCount)
      return `up to node ${count} there are ${this.edges} edges, more than the ${header.edgeCount} of the header`;
    if (count === this.capacity) this.grow();
    if (row[at.selfBytes] > maxUint32) this.widenSizes();
    this.type[count] = header.nodeTypeOf[row[at.type]];
    this.name[count] = row[at.name];
    this.id[count] = row[at.id];
    this.selfBytes[count] = row[at.selfBytes];
    this.firstEdge[count + 1] = this.edges;
    if (row[at.name] > this.maxName) this.maxName = row[at.name];
    this.count++;
    return undefined;
  }

  takeFast(bytes: Uint8Array, from: number, end: number): number {
    if (!this.usual) return from;
    const { header, width, capacity, type, name, id, selfBytes, firstEdge } = this;
    const typeOf = header.nodeTypeOf;
    const limit = end - 24 * width; // a row of numbers within 64 bits fits; longer ones are for the slow way
    let { count, edges, maxName } = this;
    let p = from;
    let rowStart = from;
    while (p < limit && count < capacity) {
      rowStart = p;
      let c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let t = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) t = t * 10 + c;
      if (c !== comma - 48 || t >= typeOf.length) break;
      c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let n = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) n = n * 10 + c;
      if (c !== comma - 48 || n > maxUint32) break;
      c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let i = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) i = i * 10 + c;
      if (c !== comma - 48 || i > maxUint32) break;
      c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let s = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) s = s * 10 + c;
      if (c !== comma - 48 || s > maxUint32) break;
      c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let e = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) e = e * 10 + c;
      let field = 5;
      for (; field < width && c === comma - 48; field++) {
        c = bytes[p++] - 48;
        if (!(c >= 0 && c <= 9)) break;
        while ((c = bytes[p++] - 48) >= 0 && c <= 9);
      }
      if (c === newline - 48) c = bytes[p++] - 48;
      if (field < width || c !== comma - 48 || edges + e > header.edgeCount) break;
      edges += e;
      type[count] = typeOf[t];
      name[count] = n;
      id[count] = i;
      selfBytes[count] = s;
      count++;
      firstEdge[count] = edges;
      if (n > maxName) maxName = n;
      rowStart = p;
    }
    this.count = count;
    this.edges = edges;
    this.maxName = maxName;
    return rowStart;
  }

  private grow(): void {
    const capacity = grown(this.capacity, this.header.nodeCount);
    this.type = copied(this.type, bytesOf(capacity));
    this.name = copied(this.name, wordsOf(capacity));
    this.id = copied(this.id, wordsOf(capacity));
    const sizes = this.selfBytes instanceof Float64Array ? floatsOf(capacity) : wordsOf(capacity);
    this.selfBytes = copied(this.selfBytes, sizes);
    this.firstEdge = copied(this.firstEdge, wordsOf(capacity + 1));
    this.capacity = capacity;
  }

  private widenSizes(): void {
    if (!(this.selfBytes instanceof Float64Array))
      this.selfBytes = copied(this.selfBytes, floatsOf(this.selfBytes.length));
  }
}

export class EdgeColumns implements RowSink {
  readonly rowName = 'edge';
  readonly width: number;
  count = 0;
  /** The largest index of a string that an edge names. */
  maxName = 0;
  type: Uint8Array;
  name: Uint32Array;
  target: Uint32Array;
  private capacity: number;
  private readonly at: { type: number; name: number; target: number };
  private readonly usual: boolean;

  constructor(
    private readonly header: SnapshotHeader,
    /** For each of our edge types: 1 where the second number is the index of a string. */
    private readonly named: Uint8Array,
    fileBytes: number,
  ) {
    const { at, width } = header.edge;
    this.width = width;
    this.at = { type: at['type'], name: at['name_or_index'], target: at['to_node'] };
    this.usual = width === 3 && this.at.type === 0 && this.at.name === 1 && this.at.target === 2;
    this.capacity = firstCapacity(header.edgeCount, width, fileBytes);
    this.type = bytesOf(this.capacity);
    this.name = wordsOf(this.capacity);
    this.target = wordsOf(this.capacity);
  }

  take(row: Float64Array): string | undefined {
    const { at, header, count } = this;
    if (count >= header.edgeCount) return `more edges than the ${header.edgeCount} that the header counts`;
    if (row[at.type] >= header.edgeTypeOf.length) return `edge ${count} has the unknown type ${row[at.type]}`;
    if (row[at.name] > maxUint32) return `edge ${count} has a name beyond 32 bits`;
    const target = row[at.target] / header.node.width;
    if (!Number.isInteger(target)) return `edge ${count} points into the middle of a node (${row[at.target]})`;
    if (target >= header.nodeCount) return `edge ${count} points to node ${target} of ${header.nodeCount}`;
    if (count === this.capacity) this.grow();
    const type = header.edgeTypeOf[row[at.type]];
    this.type[count] = type;
    this.name[count] = row[at.name];
    this.target[count] = target;
    if (this.named[type] === 1 && row[at.name] > this.maxName) this.maxName = row[at.name];
    this.count++;
    return undefined;
  }

  takeFast(bytes: Uint8Array, from: number, end: number): number {
    if (!this.usual) return from;
    const { capacity, type, name, target, named } = this;
    const typeOf = this.header.edgeTypeOf;
    const nodeWidth = this.header.node.width;
    const inverse = 1 / nodeWidth;
    const beyond = this.header.nodeCount * nodeWidth;
    const limit = end - 72; // three numbers of up to 22 digits; longer ones are for the slow way
    let { count, maxName } = this;
    let p = from;
    let rowStart = from;
    while (p < limit && count < capacity) {
      rowStart = p;
      let c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let t = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) t = t * 10 + c;
      if (c !== comma - 48 || t >= typeOf.length) break;
      c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let n = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) n = n * 10 + c;
      if (c !== comma - 48 || n > maxUint32) break;
      c = bytes[p++] - 48;
      if (!(c >= 0 && c <= 9)) break;
      let to = c;
      while ((c = bytes[p++] - 48) >= 0 && c <= 9) to = to * 10 + c;
      if (c === newline - 48) c = bytes[p++] - 48;
      if (c !== comma - 48 || to >= beyond) break;
      const node = Math.floor((to + 0.5) * inverse);
      if (node * nodeWidth !== to) break;
      const ourType = typeOf[t];
      type[count] = ourType;
      name[count] = n;
      target[count] = node;
      count++;
      if (named[ourType] === 1 && n > maxName) maxName = n;
      rowStart = p;
    }
    this.count = count;
    this.maxName = maxName;
    return rowStart;
  }

  private grow(): void {
    const capacity = grown(this.capacity, this.header.edgeCount);
    this.type = copied(this.type, bytesOf(capacity));
    this.name = copied(this.name, wordsOf(capacity));
    this.target = copied(this.target, wordsOf(capacity));
    this.capacity = capacity;
  }
}
