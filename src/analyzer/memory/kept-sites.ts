/**
 * Where the memory that stays was allocated, and how much more of it there is than before. In: two samples of what is alive
 * (allocation profiles). Out: the program's functions, the one that grew most first.
 */
import type { Profile } from '../model/profile.js';
import { isApplicationFile } from '../model/owner.js';
import { isProgramFile } from '../model/scripts.js';
import type { KeptSite } from '../model/why.js';

const mostSites = 5;
/** Relative to the largest: a smaller one may be a single sample, hit by chance. */
const minShare = 0.05;

/** `before`: undefined if there is only one sample. */
export const findKeptSites = (before: Profile | undefined, after: Profile): KeptSite[] => {
  const earlier = before === undefined ? new Map<string, KeptSite>() : sitesOf(before);
  const sites = [...sitesOf(after)].map(([key, site]) => ({
    ...site,
    grewBytes: site.liveBytes - (earlier.get(key)?.liveBytes ?? 0),
  }));
  const sorted = sites.filter(({ grewBytes }) => grewBytes > 0).toSorted((a, b) => b.grewBytes - a.grewBytes);
  const least = minShare * (sorted[0]?.grewBytes ?? 0);
  return sorted.filter(({ grewBytes }) => grewBytes >= least).slice(0, mostSites);
};

const sitesOf = (profile: Profile): Map<string, KeptSite> => {
  const sites = new Map<string, KeptSite>();
  const [{ self }] = profile.values;
  for (let node = 0; node < profile.nodeCount; node++) {
    const bytes = self[node] ?? 0;
    if (bytes === 0) continue;
    const [made, ...callers] = linesAbove(profile, node);
    if (made === undefined) continue;
    const key = `${made.function}\n${made.file}:${made.line}`;
    const liveBytes = (sites.get(key)?.liveBytes ?? 0) + bytes;
    const calledFrom = callers.find(({ file }) => isApplicationFile(file)) ?? null;
    sites.set(key, { ...made, liveBytes, grewBytes: liveBytes, calledFrom: sites.get(key)?.calledFrom ?? calledFrom });
  }
  return sites;
};

type CodePlace = Pick<KeptSite, 'function' | 'file' | 'line'>;

/** The program's functions on the stack of a node, the innermost first: Node's allocate for their caller. */
const linesAbove = ({ nodeParent, nodeFrame, frames }: Profile, from: number): CodePlace[] => {
  const places: CodePlace[] = [];
  for (let node = from; node >= 0; node = nodeParent[node] ?? -1) {
    const { name = '', location } = frames[nodeFrame[node] ?? -1] ?? {};
    if (location === undefined || !isProgramFile(location.file)) continue;
    places.push({ function: name === '' ? '(anonymous)' : name, file: location.file, line: location.line });
  }
  return places;
};
