/**
 * Growth of heaps drawn by hand: in, a drawing of the heap at k = 0, 1, 2, 3; out, what `findGrowth` makes of them. A handle
 * keeps its id over the snapshots; one that ends in a number has an id that reflects its age, as V8's ids do.
 */
import { findGrowth, type Growth } from '#memwatch/analyzer/growth/snapshots/find-growth.js';
import { drawHeap, type DrawnHeap, type DrawOptions } from './graph.js';

export interface DrawnGrowth {
  readonly growth: Growth;
  /** The index in the last graph of the node with that handle. */
  node(handle: string): number;
}

export const drawGrowth = async (
  draw: (k: number) => string,
  positions: DrawOptions['positions'] = {},
): Promise<DrawnGrowth> => {
  const rounds = [0, 1, 2, 3].map((k) => drawRound(draw(k), k === 3 ? positions : {}));
  const growth = await findGrowth(rounds.map(({ graph }, k) => ({ name: `${k}`, read: async () => graph })));
  return { growth, node: (handle) => rounds[3]?.node(handle) ?? -1 };
};

const filler = Array.from({ length: 50 }, (_, i) => `global -filler${i}-> Filler f${i}`).join('\n');

/** One snapshot, with a few permanent objects of its own: snapshots that share little are refused. */
export const drawRound = (text: string, positions: DrawOptions['positions'] = {}): DrawnHeap => {
  const all = `root -shortcut:global-> global\n${filler}\n${text}`;
  const handles = new Set(all.match(/[a-z]\w*(?=(:\w+)?( \d+)?$| -|:\w+ -)/gm));
  const ids = Object.fromEntries([...handles].map((handle) => [handle, idOf(handle)]));
  return drawHeap(all, { ids, positions });
};

/** The same handle has the same id in each drawing. */
const idOf = (handle: string): number => {
  const age = Number(/\d+$/.exec(handle)?.[0] ?? 0);
  let hash = 0;
  for (const character of handle.replace(/\d+$/, '')) hash = (hash * 31 + character.charCodeAt(0)) % 9973;
  return (age * 10_000 + hash) * 2 + 1;
};

/** The lines for 1, 2, … up to the count. */
export const upTo = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i + 1)).join('\n');
