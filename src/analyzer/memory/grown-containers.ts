/**
 * Which containers gained most entries. In: two censuses of one process, or the only one. Out: the containers, the one that
 * grew most first, or the largest.
 */
import type { KeptCensus, WhyDocument } from '../model/why.js';

const mostListed = 5;

/** `before`: undefined if there is only one census; the program began with nothing. */
export const findGrownContainers = (before: KeptCensus | undefined, after: KeptCensus): WhyDocument['containers'] => {
  const sizes = new Map(before?.containers.map(({ id, size }) => [id, size]));
  return after.containers
    .map(({ id, ...container }) => ({ ...container, grew: container.size - (sizes.get(id) ?? 0) }))
    .filter(({ grew, holds }) => grew > 0 && holds !== '') // without an entry it is a buffer that was made at once, as Node's queues are
    .toSorted((a, b) => b.grew - a.grew)
    .slice(0, mostListed);
};
