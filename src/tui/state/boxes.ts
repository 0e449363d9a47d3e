/** The boxes of a flame graph, line by line. In: a FlameDetail. Out: its lines, and the position of a box. Pure. */
import type { FlameBox, FlameDetail } from './detail.js';

/** A box and the depth it is drawn at: ancestors first, then the rows below. */
export const boxAt = (flame: FlameDetail, key: number): { box: FlameBox; depth: number } | undefined => {
  for (const [depth, row] of levels(flame).entries()) {
    const box = row.find((one) => one.key === key);
    if (box !== undefined) return { box, depth };
  }
  return undefined;
};

/** Every line of boxes, from the outermost caller down. */
export const levels = (flame: FlameDetail): (readonly FlameBox[])[] => [
  ...flame.ancestors.map((box) => [box]),
  ...flame.rows,
];
