/** Finds nodes by V8's id. In: the ids by node. Out: a table to look them up in (open addressing, no deletion). */

const empty = 0xffff_ffff;

export class IdIndex {
  private readonly slots: Uint32Array;
  private readonly mask: number;

  constructor(private readonly ids: Uint32Array) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(8, ids.length * 1.7)));
    this.mask = size - 1;
    this.slots = new Uint32Array(size).fill(empty);
    for (let node = 0; node < ids.length; node++) {
      let slot = this.slotOf(ids[node]);
      while (this.slots[slot] !== empty) slot = (slot + 1) & this.mask;
      this.slots[slot] = node;
    }
  }

  /** The node with that id; -1 if there is none. */
  nodeOf(id: number): number {
    for (let slot = this.slotOf(id); this.slots[slot] !== empty; slot = (slot + 1) & this.mask) {
      if (this.ids[this.slots[slot]] === id) return this.slots[slot];
    }
    return -1;
  }

  /** V8's ids increase in steps of two. */
  private slotOf(id: number): number {
    return (Math.imul(id >>> 1, 0x9e37_79b1) >>> 4) & this.mask;
  }
}
