/** The sink that turns the rows of `edges` into columns. It checks what it takes: a number out of its range is an error. */
import { release, sharedBytes, sharedWords } from '../model/columns.js';
import { comma, copied, digit0, firstCapacity, grown, maxDigits, maxUint32, newline } from './heapsnapshot-columns.js';
import type { SnapshotHeader } from './heapsnapshot-header.js';
import type { RowSink } from './heapsnapshot-rows.js';

/** Edges as they were read: plain values, which another thread can hand over. */
export interface EdgeRows {
  readonly count: number;
  readonly maxName: number;
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly target: Uint32Array;
}

export class EdgeColumns implements RowSink, EdgeRows {
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
    /** Whether they are handed to another thread in the end, and not read by two. */
    private readonly handedOver = false,
  ) {
    const { at, width } = header.edge;
    this.width = width;
    this.at = { type: at['type'], name: at['name_or_index'], target: at['to_node'] };
    this.usual = width === 3 && this.at.type === 0 && this.at.name === 1 && this.at.target === 2;
    this.capacity = firstCapacity(header.edgeCount, width, fileBytes);
    this.type = this.bytes(this.capacity);
    this.name = this.words(this.capacity);
    this.target = this.words(this.capacity);
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
    const limit = end - 72; // three numbers of up to 22 digits
    // integer arithmetic, one comparison a digit: numbers of more digits than fit it are for the slow way
    let { count, maxName } = this;
    let p = from;
    let rowStart = from;
    while (p < limit && count < capacity) {
      rowStart = p;
      const t = bytes[p++] ^ digit0;
      if (t > 9 || t >= typeOf.length || bytes[p++] !== comma) break;
      let first = p;
      let n = 0;
      let c = 0;
      while ((c = bytes[p++] ^ digit0) <= 9) n = (Math.imul(n, 10) + c) | 0;
      if (c !== (comma ^ digit0) || p - first < 2 || p - first > maxDigits + 1) break;
      first = p;
      let to = 0;
      while ((c = bytes[p++] ^ digit0) <= 9) to = (Math.imul(to, 10) + c) | 0;
      if (p - first < 2 || p - first > maxDigits + 1) break;
      if (c === (newline ^ digit0)) c = bytes[p++] ^ digit0;
      if (c !== (comma ^ digit0) || to >= beyond) break;
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

  /** Takes the edges that follow, and their memory; false where they are more than the header counts. */
  append(rest: EdgeRows): boolean {
    const count = this.count + rest.count;
    if (count > this.header.edgeCount) return false;
    while (this.capacity < count) this.grow();
    this.type.set(rest.type.subarray(0, rest.count), this.count);
    this.name.set(rest.name.subarray(0, rest.count), this.count);
    this.target.set(rest.target.subarray(0, rest.count), this.count);
    release([rest.type, rest.name, rest.target]);
    this.maxName = Math.max(this.maxName, rest.maxName);
    this.count = count;
    return true;
  }

  private bytes(length: number): Uint8Array {
    return this.handedOver ? new Uint8Array(length) : sharedBytes(length);
  }

  private words(length: number): Uint32Array {
    return this.handedOver ? new Uint32Array(length) : sharedWords(length);
  }

  private grow(): void {
    const capacity = grown(this.capacity, this.header.edgeCount);
    this.type = copied(this.type, this.bytes(capacity));
    this.name = copied(this.name, this.words(capacity));
    this.target = copied(this.target, this.words(capacity));
    this.capacity = capacity;
  }
}
