/**
 * A column of an index of which only the blocks are read that are asked for. In: what reads a block. Out: what can be used
 * like a typed array, by elements, `length`, `subarray` and `indexOf`. An element takes a hundred times as long as one in
 * memory: this is for some objects, not for passes.
 */
import type { Column } from './layout.js';

export interface BlockSource<C extends Column> {
  readonly length: number;
  /** How many elements a block has; the last may have fewer. A power of 2. */
  readonly blockLength: number;
  readonly empty: C;
  /** If it is not kept, the next one that is not may overwrite it. */
  readBlock(block: number, isKept: boolean): C;
}

export const columnByNeed = <C extends Column>(source: BlockSource<C>): C => {
  const { length, blockLength, empty } = source;
  const known = new Map<number, C>();
  const blockAt = (at: number): C => {
    const block = Math.floor(at / blockLength);
    let values = known.get(block);
    if (values === undefined) known.set(block, (values = source.readBlock(block, true)));
    return values;
  };
  const elementAt = (at: number): number => blockAt(at)[at % blockLength] ?? 0;
  const methods: Readonly<Record<string, unknown>> = {
    length,
    subarray: (from: number, to: number = length): readonly number[] =>
      Array.from({ length: Math.max(0, Math.min(to, length) - from) }, (_, at) => elementAt(from + at)),
    indexOf: (value: number, from = 0): number => firstIndexOf(source, known, value, from),
  };
  const get = (_: C, key: string | symbol): unknown => {
    if (typeof key === 'symbol') return undefined;
    const at = Number(key);
    if (Number.isNaN(at)) return methods[key];
    return at < length ? elementAt(at) : undefined;
  };
  return new Proxy(empty, { get });
};

/** Blocks that are read only for this are not kept. */
const firstIndexOf = <C extends Column>(
  { length, blockLength, readBlock }: BlockSource<C>,
  known: ReadonlyMap<number, C>,
  value: number,
  from: number,
): number => {
  for (let block = Math.floor(from / blockLength); block * blockLength < length; block++) {
    const start = block * blockLength;
    const at = (known.get(block) ?? readBlock(block, false)).indexOf(value, Math.max(0, from - start));
    if (at !== -1) return start + at;
  }
  return -1;
};
