/**
 * Functions that begin on the same line, as in a bundle of one line: their columns tell them apart. In: frames. Out: for
 * each frame its column, 1-based; undefined where the line alone says which function it is. The code of a module outside its
 * functions begins at 1:1 and has no name: it is not mistaken for another.
 */
import type { Location } from '../model/location.js';
import type { Frame } from '../model/profile.js';

export const columnsOfFrames = (frames: readonly Frame[]): (number | undefined)[] => {
  const columns = new Map<string, Set<number>>();
  for (const { location } of frames) {
    if (location === undefined || location.column === 0 || isWholeModule(location)) continue;
    const key = `${location.file}\n${location.line}`;
    const known = columns.get(key);
    if (known === undefined) columns.set(key, new Set([location.column]));
    else known.add(location.column);
  }
  return frames.map(({ location }) => {
    if (location === undefined || location.column === 0 || isWholeModule(location)) return undefined;
    return (columns.get(`${location.file}\n${location.line}`)?.size ?? 0) > 1 ? location.column : undefined;
  });
};

const isWholeModule = ({ line, column }: Location): boolean => line === 1 && column === 1;
