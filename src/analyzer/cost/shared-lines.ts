/**
 * Functions that begin on the same line, as in a bundle of one line: their columns tell them apart. In: frames. Out: for
 * each frame its column, 1-based; undefined where the line alone says which function it is. The code of a module outside its
 * functions begins at 1:1 and has no name: it is not mistaken for another.
 */
import type { Location } from '../model/location.js';
import type { Frame } from '../model/profile.js';

export const columnsOfFrames = (frames: readonly Frame[]): (number | undefined)[] => {
  const places = frames.map(({ location }) => (location !== undefined && hasColumn(location) ? location : undefined));
  const columns = new Map<string, Set<number>>();
  for (const place of places) {
    if (place === undefined) continue;
    const known = columns.get(lineOf(place));
    if (known === undefined) columns.set(lineOf(place), new Set([place.column]));
    else known.add(place.column);
  }
  return places.map((place) =>
    place !== undefined && (columns.get(lineOf(place))?.size ?? 0) > 1 ? place.column : undefined,
  );
};

const lineOf = ({ file, line }: Location): string => `${file}\n${line}`;

const hasColumn = ({ line, column }: Location): boolean => column > 0 && !(line === 1 && column === 1);
