/**
 * Where the memory that stays was allocated, and how much more of it there is than before. In: two samples of what is alive
 * (allocation profiles). Out: the program's functions, the one that grew most first, with the lines that keep it.
 */
import type { Profile } from '../model/profile.js';
import { isApplicationFile } from '../model/owner.js';
import { isProgramFile } from '../model/scripts.js';
import type { CodePlace, KeptSite } from '../model/why.js';
import { findAddsIn } from './adds-in.js';

const mostSites = 5;
/** Relative to the largest: a smaller one may be a single sample, hit by chance. */
const minShare = 0.05;

/** `callers`: the application's functions above it, the nearest first. */
type GrownSite = Omit<KeptSite, 'addsIn'> & { readonly callers: readonly CodePlace[] };

/** `before`: undefined if there is only one sample. */
export const findKeptSites = (before: Profile | undefined, after: Profile): KeptSite[] => {
  const sites = findGrownSites(before, after);
  const stacks = sites.map((site) => [site, ...site.callers]);
  const addsIn = after.notes === undefined ? [] : findAddsIn(stacks, after.notes.scripts);
  return sites.map(({ callers: _callers, ...site }, at) => ({ ...site, addsIn: addsIn[at] ?? [] }));
};

const findGrownSites = (before: Profile | undefined, after: Profile): GrownSite[] => {
  const earlier = before === undefined ? new Map<string, GrownSite>() : sitesOf(before);
  const sites = [...sitesOf(after)].map(([key, site]) => ({
    ...site,
    grewBytes: site.liveBytes - (earlier.get(key)?.liveBytes ?? 0),
  }));
  const sorted = sites.filter(({ grewBytes }) => grewBytes > 0).toSorted((a, b) => b.grewBytes - a.grewBytes);
  const least = minShare * (sorted[0]?.grewBytes ?? 0);
  return sorted.filter(({ grewBytes }) => grewBytes >= least).slice(0, mostSites);
};

const sitesOf = (profile: Profile): Map<string, GrownSite> => {
  const sites = new Map<string, GrownSite>();
  const [{ self }] = profile.values;
  for (let node = 0; node < profile.nodeCount; node++) {
    const bytes = self[node] ?? 0;
    if (bytes === 0) continue;
    const [made, ...above] = linesAbove(profile, node);
    if (made === undefined) continue;
    const key = `${made.function}\n${made.file}:${made.line}`;
    const known = sites.get(key);
    const liveBytes = (known?.liveBytes ?? 0) + bytes;
    const own = above.filter(({ file }) => isApplicationFile(file));
    const callers = known === undefined || known.callers.length === 0 ? own : known.callers;
    sites.set(key, { ...made, liveBytes, grewBytes: liveBytes, calledFrom: callers[0] ?? null, callers });
  }
  return sites;
};

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
