/** The sink of a .heapsnapshot's `locations`: where functions stand, as columns sorted by node. */
import type { NodePositions } from '../model/heap-graph.js';
import type { SnapshotHeader } from './heapsnapshot-header.js';
import type { RowSink } from './heapsnapshot-rows.js';

export class LocationColumns implements RowSink {
  readonly rowName = 'location';
  readonly width: number;
  private count = 0;
  private sorted = true;
  /** Four numbers a location: node, script, line, column. */
  private rows = new Uint32Array(4 * 1024);
  private readonly at: readonly number[];

  constructor(private readonly header: SnapshotHeader) {
    const { at, width } = header.location;
    this.width = width;
    this.at = ['object_index', 'script_id', 'line', 'column'].map((name) => at[name] ?? -1);
  }

  take(row: Float64Array): string | undefined {
    if (this.at.includes(-1)) return 'there are locations, but the header does not say of which fields';
    const node = row[this.at[0]] / this.header.node.width;
    if (!Number.isInteger(node) || node >= this.header.nodeCount)
      return `location ${this.count} is of node ${node} of ${this.header.nodeCount}`;
    const at = this.count * 4;
    if (at === this.rows.length) this.grow();
    if (at > 0 && this.rows[at - 4] > node) this.sorted = false;
    this.rows[at] = node;
    for (let field = 1; field < 4; field++) this.rows[at + field] = row[this.at[field]];
    this.count++;
    return undefined;
  }

  takeFast(_bytes: Uint8Array, from: number): number {
    return from;
  }

  finish(): NodePositions {
    const order = Uint32Array.from({ length: this.count }, (_, index) => index * 4);
    if (!this.sorted) order.sort((a, b) => this.rows[a] - this.rows[b]);
    const column = (field: number): Uint32Array => order.map((at) => this.rows[at + field]);
    return { nodes: column(0), scriptIds: column(1), lines: column(2), columns: column(3) };
  }

  private grow(): void {
    const wider = new Uint32Array(this.rows.length * 2);
    wider.set(this.rows);
    this.rows = wider;
  }
}
