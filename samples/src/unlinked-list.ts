// Problem: a recently-used list that removes entries from its index, but leaves them linked to one another.
// The leak: `Recent.drop` in this file; `size` stays at 100, but the `older` links retain every old entry.
// Run: node samples/dist/unlinked-list.js [requests per second]
import { setTimeout as sleep } from 'node:timers/promises';

class Entry {
  older: Entry | undefined;
  newer: Entry | undefined;
  readonly data: string[] = [];
  constructor(readonly key: string) {
    for (let i = 0; i < 8; i++) this.data.push(`${key} field ${i}`);
  }
}

class Recent {
  private readonly index = new Map<string, Entry>();
  private newest: Entry | undefined;
  private oldest: Entry | undefined;

  get size(): number {
    return this.index.size;
  }

  add(entry: Entry): void {
    entry.older = this.newest;
    if (this.newest !== undefined) this.newest.newer = entry;
    this.newest = entry;
    this.oldest ??= entry;
    this.index.set(entry.key, entry);
    if (this.index.size > 100) this.drop();
  }

  private drop(): void {
    const entry = this.oldest;
    if (entry === undefined) return;
    this.index.delete(entry.key);
    this.oldest = entry.newer; // the new oldest entry still points to this one by `older`
  }
}

const recent = new Recent();
const perSecond = Number(process.argv[2] ?? 500);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) recent.add(new Entry(`key-${id}`));
}
