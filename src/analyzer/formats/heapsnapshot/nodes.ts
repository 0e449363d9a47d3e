/** The sink that turns the rows of `nodes` into columns. It checks its input: a number out of its range is an error. */
import { sharedBytes, sharedFloats, sharedWords } from '../../model/columns.js';
import { comma, copied, digit0, firstCapacity, grown, maxDigits, maxUint32, newline } from './columns.js';
import type { SnapshotHeader } from './header.js';
import type { RowSink } from './rows.js';

/** V8's numbers for a node of a page, or of Node's own code: in use, or nothing but JavaScript still refers to it. */
const attached = 1;
const detached = 2;

export class NodeColumns implements RowSink {
  readonly rowName = 'node';
  readonly width: number;
  count = 0;
  /** The number of edges that the nodes so far claim. */
  edges = 0;
  maxName = 0;
  type: Uint8Array;
  name: Uint32Array;
  id: Uint32Array;
  selfBytes: Uint32Array | Float64Array;
  firstEdge: Uint32Array;
  /** Nodes that are marked: few, but in a page. */
  readonly marked: { attached: number[]; detached: number[] } = { attached: [], detached: [] };
  /** Which field of a row says whether the node is detached; -1 in files without it. */
  private readonly detachedField: number;
  private capacity: number;
  private readonly at: { type: number; name: number; id: number; selfBytes: number; edgeCount: number };
  /** The fields are in the order in which every version of V8 so far writes them. */
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
    this.detachedField = at['detachedness'] ?? -1;
    this.usual = Object.values(this.at).every((position, index) => position === index);
    this.capacity = firstCapacity(header.nodeCount, width, fileBytes);
    this.type = sharedBytes(this.capacity);
    this.name = sharedWords(this.capacity);
    this.id = sharedWords(this.capacity);
    this.selfBytes = sharedWords(this.capacity);
    this.firstEdge = sharedWords(this.capacity + 1);
  }

  take(row: Float64Array): string | undefined {
    const { at, header, count } = this;
    if (count >= header.nodeCount) return `more nodes than the ${header.nodeCount} that the header counts`;
    if (row[at.type] >= header.nodeTypeOf.length) return `node ${count} has the unknown type ${row[at.type]}`;
    if (row[at.name] > maxUint32 || row[at.id] > maxUint32) return `node ${count} has a name or id beyond 32 bits`;
    this.edges += row[at.edgeCount];
    if (this.edges > header.edgeCount)
      return `the first ${count} nodes have ${this.edges} edges, more than the ${header.edgeCount} of the header`;
    if (count === this.capacity) this.grow();
    if (row[at.selfBytes] > maxUint32) this.widenSizes();
    this.type[count] = header.nodeTypeOf[row[at.type]];
    this.name[count] = row[at.name];
    this.id[count] = row[at.id];
    this.selfBytes[count] = row[at.selfBytes];
    this.firstEdge[count + 1] = this.edges;
    if (row[at.name] > this.maxName) this.maxName = row[at.name];
    this.mark(count, row[this.detachedField]);
    this.count++;
    return undefined;
  }

  // oxlint-disable-next-line max-lines-per-function -- a format's inner loop: every column in a local, no call
  takeFast(bytes: Uint8Array, from: number, end: number): number {
    if (!this.usual) return from;
    const { header, width, capacity, detachedField, type, name, id, selfBytes, firstEdge } = this;
    const typeOf = header.nodeTypeOf;
    const limit = end - 24 * width; // a row of numbers within 64 bits fits; longer ones take the slow way
    let { count, edges, maxName } = this;
    let p = from;
    let rowStart = from;
    while (p < limit && count < capacity) {
      rowStart = p;
      let c = 0;
      let first = p;
      let t = 0;
      while ((c = bytes[p++] ^ digit0) <= 9) t = (Math.imul(t, 10) + c) | 0;
      if (c !== (comma ^ digit0) || p - first < 2 || p - first > maxDigits + 1) break;
      first = p;
      let n = 0;
      while ((c = bytes[p++] ^ digit0) <= 9) n = (Math.imul(n, 10) + c) | 0;
      if (c !== (comma ^ digit0) || p - first < 2 || p - first > maxDigits + 1) break;
      first = p;
      let i = 0; // ids of native nodes are hashes and use all 32 bits
      while ((c = bytes[p++] ^ digit0) <= 9) i = i * 10 + c;
      if (c !== (comma ^ digit0) || p - first < 2 || i > maxUint32) break;
      first = p;
      let s = 0;
      while ((c = bytes[p++] ^ digit0) <= 9) s = (Math.imul(s, 10) + c) | 0;
      if (c !== (comma ^ digit0) || p - first < 2 || p - first > maxDigits + 1) break;
      first = p;
      let e = 0;
      while ((c = bytes[p++] ^ digit0) <= 9) e = (Math.imul(e, 10) + c) | 0;
      if (p - first < 2 || p - first > maxDigits + 1) break;
      let field = 5;
      for (; field < width && c === (comma ^ digit0); field++) {
        first = p;
        while ((c = bytes[p++] ^ digit0) <= 9);
        if (p - first < 2) break;
        if (field === detachedField && bytes[first] !== digit0) this.mark(count, bytes[first] ^ digit0);
      }
      if (c === (newline ^ digit0)) c = bytes[p++] ^ digit0;
      if (t >= typeOf.length || field < width || c !== (comma ^ digit0) || edges + e > header.edgeCount) break;
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

  private mark(node: number, mark: number | undefined): void {
    if (mark === attached) this.marked.attached.push(node);
    else if (mark === detached) this.marked.detached.push(node);
  }

  private grow(): void {
    const capacity = grown(this.capacity, this.header.nodeCount);
    this.type = copied(this.type, sharedBytes(capacity));
    this.name = copied(this.name, sharedWords(capacity));
    this.id = copied(this.id, sharedWords(capacity));
    const sizes = this.selfBytes instanceof Float64Array ? sharedFloats(capacity) : sharedWords(capacity);
    this.selfBytes = copied(this.selfBytes, sizes);
    this.firstEdge = copied(this.firstEdge, sharedWords(capacity + 1));
    this.capacity = capacity;
  }

  private widenSizes(): void {
    if (!(this.selfBytes instanceof Float64Array))
      this.selfBytes = copied(this.selfBytes, sharedFloats(this.selfBytes.length));
  }
}
