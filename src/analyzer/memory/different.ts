/**
 * Of several processes that do the same, such as the workers of a cluster, the one that differs. In: one figure of each. Out:
 * the place of the one that is far from the others, measured by how much these differ among themselves; or undefined.
 */
import { medianOf } from '../growth/readings/slope.js';

/** Of two, none is the odd one. */
const fewest = 3;
/** How many times the usual distance (the median of the distances from the median), and how much of the usual figure. */
const far = { distances: 6, share: 0.25 };

/** The place of the one that differs, and what is usual. */
export const findDifferent = (values: readonly number[]): { at: number; usual: number } | undefined => {
  if (values.length < fewest) return undefined;
  const usual = median(values);
  const distances = values.map((value) => Math.abs(value - usual));
  const most = Math.max(...distances);
  const isFar = most > far.distances * median(distances) && most > far.share * Math.abs(usual);
  return isFar ? { at: distances.indexOf(most), usual } : undefined;
};

const median = (values: readonly number[]): number => medianOf(values.toSorted((a, b) => a - b));
