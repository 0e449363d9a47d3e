/**
 * Limits that only the running program knows: the numbers in properties of objects, which a snapshot leaves out. In: what
 * has been read so far. Out: what is still to be read.
 */
import type { PropertyPath } from './code/caps.js';

export interface AskedLimit {
  /** V8's id of the object. */
  readonly heapId: number;
  readonly path: PropertyPath;
}

export interface KnownLimit extends AskedLimit {
  /** 0 if the property has no value. */
  readonly value: number;
}

export interface LiveLimits {
  /** Undefined if it is not known, which is noted. */
  valueOf(heapId: number, path: PropertyPath): number | undefined;
  asked(): AskedLimit[];
}

export const createLiveLimits = (known: readonly KnownLimit[] = []): LiveLimits => {
  const asked = new Map<string, AskedLimit>();
  const keyOf = ({ heapId, path }: AskedLimit): string => [heapId, ...path].join('.');
  const values = new Map(known.map((one) => [keyOf(one), one.value]));
  return {
    valueOf: (heapId, path) => {
      const key = keyOf({ heapId, path });
      if (!values.has(key)) asked.set(key, { heapId, path });
      return values.get(key);
    },
    asked: () => [...asked.values()],
  };
};
