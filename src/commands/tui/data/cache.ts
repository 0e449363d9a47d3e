/**
 * What the lists of one snapshot need again and again while the user scrolls: the levels of trees, and sorted items.
 */
import type { Level } from './tree-list.js';

const mostOrders = 8;
const mostLevels = 4;

export class HeapCache {
  private readonly orders = new Map<string, Uint32Array>();
  private readonly levels = new Map<string, Level>();

  async order(key: string, make: () => Promise<Uint32Array>): Promise<Uint32Array> {
    return keep(this.orders, key, this.orders.get(key) ?? (await make()), mostOrders);
  }

  level(key: string, make: () => Level): Level {
    return keep(this.levels, key, this.levels.get(key) ?? make(), mostLevels);
  }
}

/** Moves an entry to the end, and drops the one that was used least recently. */
const keep = <T>(map: Map<string, T>, key: string, value: T, most: number): T => {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value ?? '');
  return value;
};
