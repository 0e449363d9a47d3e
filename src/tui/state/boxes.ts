/** The boxes of a flame graph, line by line. In: a FlameDetail. Out: its lines, the position of a box, what a search finds. Pure. */
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

export const isMatch = (box: FlameBox, filter: string): boolean =>
  filter !== '' && `${box.name} ${box.place?.file ?? ''}`.toLowerCase().includes(filter.toLowerCase());

/** What a search finds: the boxes, the topmost first, and what they cost; a match inside another is not counted twice. */
export const matchesIn = (flame: FlameDetail, filter: string): { boxes: FlameBox[]; total: number } => {
  const boxes = levels(flame).flatMap((row) => row.filter((box) => isMatch(box, filter)));
  const outermost = boxes.filter((box, at) => !boxes.slice(0, at).some((above) => under(above, box)));
  return { boxes, total: outermost.reduce((sum, box) => sum + box.total, 0) };
};

/** They share a column of the screen, so the deeper one was called by the other. */
export const under = (a: FlameBox, b: FlameBox): boolean => a.x < b.x + b.width && b.x < a.x + a.width;
