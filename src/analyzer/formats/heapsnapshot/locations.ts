/** The sink of a .heapsnapshot's `locations`: where functions are in the source, as columns sorted by node. */
import { release, sharedWords, twiceAsLong } from '../../model/columns.js';
import type { NodePositions } from '../../model/heap-graph.js';
import { comma, digit0, firstCapacity, maxDigits, newline } from './columns.js';
import type { SnapshotHeader } from './header.js';
import type { RowSink } from './rows.js';

export class LocationColumns implements RowSink {
  readonly rowName = 'location';
  readonly width: number;
  private count = 0;
  private sorted = true;
  /** Four numbers per location: node, script, line, column. */
  private rows: Uint32Array;
  private readonly at: readonly number[];
  /** The fields are in the order in which every version of V8 so far writes them. */
  private readonly usual: boolean;

  /** Room for all that there can be: memory that is not written to is not taken, and what is outgrown stays with malloc. */
  constructor(
    private readonly header: SnapshotHeader,
    fileBytes: number,
  ) {
    const { at, width } = header.location;
    this.width = width;
    this.rows = new Uint32Array(4 * firstCapacity(header.nodeCount, 4, fileBytes));
    this.at = ['object_index', 'script_id', 'line', 'column'].map((name) => at[name] ?? -1);
    this.usual = width === 4 && this.at.every((position, index) => position === index);
  }

  take(row: Float64Array): string | undefined {
    if (this.at.includes(-1)) return 'there are locations, but the header does not name their fields';
    const node = row[this.at[0]] / this.header.node.width;
    if (!Number.isInteger(node) || node >= this.header.nodeCount)
      return `location ${this.count} is of node ${node} of ${this.header.nodeCount}`;
    const at = this.count * 4;
    if (at === this.rows.length) this.rows = twiceAsLong(this.rows);
    if (at > 0 && this.rows[at - 4] > node) this.sorted = false;
    this.rows[at] = node;
    for (let field = 1; field < 4; field++) this.rows[at + field] = row[this.at[field]];
    this.count++;
    return undefined;
  }

  takeFast(bytes: Uint8Array, from: number, end: number): number {
    if (!this.usual) return from;
    const { rows, header } = this;
    const limit = end - 96; // four numbers of up to 22 digits; longer ones take the slow way
    let at = this.count * 4;
    let p = from;
    let rowStart = from;
    row: while (p < limit && at < rows.length) {
      for (let field = 0; field < 4; field++) {
        const first = p;
        let c = 0;
        let value = 0;
        while ((c = bytes[p++] ^ digit0) <= 9) value = (Math.imul(value, 10) + c) | 0;
        if (p - first < 2 || p - first > maxDigits + 1) break row;
        if (c === (newline ^ digit0)) c = bytes[p++] ^ digit0;
        if (c !== (comma ^ digit0)) break row;
        rows[at + field] = value;
      }
      const node = rows[at] / header.node.width;
      if (!Number.isInteger(node) || node >= header.nodeCount) break;
      rows[at] = node;
      if (at > 0 && rows[at - 4] > node) this.sorted = false;
      at += 4;
      rowStart = p;
    }
    this.count = at / 4;
    return rowStart;
  }

  /** To be called once. */
  finish(): NodePositions {
    const { rows, count } = this;
    const columns = sharedWords(4 * count);
    const column = (field: number): Uint32Array => columns.subarray(field * count, (field + 1) * count);
    const [nodes, scriptIds, lines, positionColumns] = [0, 1, 2, 3].map(column);
    const placeOf = this.sorted ? (row: number): number => row : createSorter(rows, count);
    for (let row = 0; row < count; row++) {
      const place = placeOf(row);
      nodes[place] = rows[row * 4];
      scriptIds[place] = rows[row * 4 + 1];
      lines[place] = rows[row * 4 + 2];
      positionColumns[place] = rows[row * 4 + 3];
    }
    release([rows]);
    return { nodes, scriptIds, lines, columns: positionColumns };
  }
}

/** A counting sort: a range of the result for each node, filled in the order of the rows. */
const createSorter = (rows: Uint32Array, count: number): ((row: number) => number) => {
  let largest = 0;
  for (let row = 0; row < count; row++) largest = Math.max(largest, rows[row * 4]);
  const next = new Uint32Array(largest + 2);
  for (let row = 0; row < count; row++) next[rows[row * 4] + 1]++;
  for (let node = 1; node < next.length; node++) next[node] += next[node - 1];
  return (row) => next[rows[row * 4]]++;
};
