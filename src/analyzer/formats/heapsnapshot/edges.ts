/** The sink that turns the rows of `edges` into columns. It checks its input: a number out of its range is an error. */
import { sharedBytes, sharedWords } from '../../model/columns.js';
import { comma, copied, digit0, firstCapacity, grown, maxDigits, maxUint32, newline } from './columns.js';
import type { SnapshotHeader } from './header.js';
import type { RowSink } from './rows.js';

/** The memory of all edges of a snapshot, which two threads can fill: one from its start, the other from its end. */
export interface EdgeMemory {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly target: Uint32Array;
}

/** What the thread that filled from the end reports to the other one. */
export interface EdgeCounts {
  readonly count: number;
  readonly maxName: number;
}

export class EdgeColumns implements RowSink, EdgeCounts {
  readonly rowName = 'edge';
  readonly width: number;
  count = 0;
  /** The largest string index among the names of edges. */
  maxName = 0;
  type: Uint8Array;
  name: Uint32Array;
  target: Uint32Array;
  private capacity: number;
  private readonly at: { type: number; name: number; target: number };
  private readonly usual: boolean;
  private readonly fromEnd: boolean;

  /** `memory`: another thread's memory, to be filled from its end; `finish` puts it into order. */
  constructor(
    private readonly header: SnapshotHeader,
    /** For each of memwatch's edge types: 1 if the second number is the index of a string. */
    private readonly named: Uint8Array,
    fileBytes: number,
    memory?: EdgeMemory,
  ) {
    const { at, width } = header.edge;
    this.width = width;
    this.at = { type: at['type'], name: at['name_or_index'], target: at['to_node'] };
    this.usual = width === 3 && this.at.type === 0 && this.at.name === 1 && this.at.target === 2;
    this.fromEnd = memory !== undefined;
    this.capacity = memory?.type.length ?? firstCapacity(header.edgeCount, width, fileBytes);
    this.type = memory?.type ?? sharedBytes(this.capacity);
    this.name = memory?.name ?? sharedWords(this.capacity);
    this.target = memory?.target ?? sharedWords(this.capacity);
  }

  /** The memory, if it has room for all edges that the header counts. */
  get whole(): EdgeMemory | undefined {
    const { capacity, header, type, name, target } = this;
    return capacity === header.edgeCount ? { type, name, target } : undefined;
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
    const place = this.fromEnd ? this.capacity - 1 - count : count;
    this.type[place] = type;
    this.name[place] = row[at.name];
    this.target[place] = target;
    if (this.named[type] === 1 && row[at.name] > this.maxName) this.maxName = row[at.name];
    this.count++;
    return undefined;
  }

  // oxlint-disable-next-line max-lines-per-function -- a format's inner loop: every column in a local, no call
  takeFast(bytes: Uint8Array, from: number, end: number): number {
    if (!this.usual) return from;
    const { capacity, type, name, target, named } = this;
    const typeOf = this.header.edgeTypeOf;
    const nodeWidth = this.header.node.width;
    const inverse = 1 / nodeWidth;
    const beyond = this.header.nodeCount * nodeWidth;
    const limit = end - 72; // three numbers of up to 22 digits
    // integer arithmetic, one comparison per digit: numbers with too many digits for it take the slow way
    const step = this.fromEnd ? -1 : 1;
    const beyondLast = this.fromEnd ? -1 : capacity;
    const firstPlace = this.fromEnd ? capacity - 1 - this.count : this.count;
    let { maxName } = this;
    let place = firstPlace;
    let p = from;
    let rowStart = from;
    while (p < limit && place !== beyondLast) {
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
      type[place] = ourType;
      name[place] = n;
      target[place] = node;
      place += step;
      if (named[ourType] === 1 && n > maxName) maxName = n;
      rowStart = p;
    }
    this.count += (place - firstPlace) * step;
    this.maxName = maxName;
    return rowStart;
  }

  /** Reverses what was filled from the end into the order of the file. */
  finish(): EdgeCounts {
    const { count, maxName, capacity } = this;
    for (const column of [this.type, this.name, this.target]) column.subarray(capacity - count).reverse();
    return { count, maxName };
  }

  /** Takes over the edges that another thread filled in from the end; returns false if they are more than the header counts. */
  append(rest: EdgeCounts): boolean {
    this.count += rest.count;
    this.maxName = Math.max(this.maxName, rest.maxName);
    return this.count <= this.header.edgeCount;
  }

  private grow(): void {
    const capacity = grown(this.capacity, this.header.edgeCount);
    this.type = copied(this.type, sharedBytes(capacity));
    this.name = copied(this.name, sharedWords(capacity));
    this.target = copied(this.target, sharedWords(capacity));
    this.capacity = capacity;
  }
}
