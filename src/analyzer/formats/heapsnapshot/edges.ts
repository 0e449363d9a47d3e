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

/** Four characters, the first in the lowest byte, become four digits by `^ zeros`. */
const zeros = 0x30303030;
/** The highest bit of each byte that is no digit; of those after the first one it may be wrong. */
const marksOf = (word: number): number => ((word + 0x76767676) | word) & 0x80808080;
/** How many digits are before the first mark; 4 if there is none. */
const digitsBefore = (marks: number): number => (marks === 0 ? 4 : (31 - Math.clz32(marks & -marks)) >>> 3);
/** The number that four digits are. */
const valueOf = (word: number): number => {
  const pairs = (Math.imul(word, 10) + (word >>> 8)) | 0;
  return Math.imul(pairs & 0xff, 100) + ((pairs >>> 16) & 0xff);
};
const powers = Uint16Array.of(1, 10, 100, 1000, 10_000);

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
    // four digits at a time, in integers: numbers with too many digits for them take the slow way
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
      let word = view.getUint32(p, true) ^ zeros;
      let marks = marksOf(word);
      let n = 0;
      if (marks === 0) {
        n = valueOf(word);
        word = view.getUint32((p += 4), true) ^ zeros;
        marks = marksOf(word);
        if (marks === 0) {
          n = (Math.imul(n, 10_000) + valueOf(word)) | 0;
          word = view.getUint32((p += 4), true) ^ zeros;
          marks = marksOf(word);
        }
      }
      let digits = digitsBefore(marks);
      if (digits > 0) n = (Math.imul(n, powers[digits]) + valueOf(word << (32 - 8 * digits))) | 0;
      p += digits;
      if (p === first || p - first > maxDigits || bytes[p++] !== comma) break;
      first = p;
      word = view.getUint32(p, true) ^ zeros;
      marks = marksOf(word);
      let to = 0;
      if (marks === 0) {
        to = valueOf(word);
        word = view.getUint32((p += 4), true) ^ zeros;
        marks = marksOf(word);
        if (marks === 0) {
          to = (Math.imul(to, 10_000) + valueOf(word)) | 0;
          word = view.getUint32((p += 4), true) ^ zeros;
          marks = marksOf(word);
        }
      }
      digits = digitsBefore(marks);
      if (digits > 0) to = (Math.imul(to, powers[digits]) + valueOf(word << (32 - 8 * digits))) | 0;
      p += digits;
      if (p === first || p - first > maxDigits) break;
      let c = bytes[p++];
      if (c === newline) c = bytes[p++];
      if (c !== comma || to >= beyond) break;
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
