/** Finds where a list of versions changes from good to bad. In: versions (the first good, the last bad) and a judge. Out: the change. */
import { compareVersions, isPrerelease } from './versions.js';

export type Judgement = 'good' | 'bad' | 'unknown';

export interface Turn {
  readonly lastGood: string;
  readonly firstBad: string;
  /** Versions between the two that could not be judged. */
  readonly untested: readonly string[];
}

/** From the good release to the bad one, whichever is newer. `all` are the published releases, the oldest first. */
export const versionsBetween = (all: readonly string[], good: string, bad: string, prereleases: boolean): string[] => {
  const [from, to] = compareVersions(good, bad) <= 0 ? [good, bad] : [bad, good];
  const inside = all.filter((one) => compareVersions(one, from) > 0 && compareVersions(one, to) < 0);
  const stable = inside.filter((one) => prereleases || !isPrerelease(one));
  return [good, ...(from === good ? stable : stable.toReversed()), bad];
};

/** Halves the list. If the middle cannot be judged, its neighbours are tried, nearest first. */
export const findTurn = async (
  versions: readonly string[],
  judge: (version: string) => Promise<Judgement>,
): Promise<Turn> => {
  const version = (at: number): string => versions[at] ?? '';
  let good = 0;
  let bad = versions.length - 1;
  const unknown = new Set<number>();
  for (;;) {
    const next = nearestToMiddle(good, bad, unknown);
    if (next === undefined) break;
    const judgement = await judge(version(next));
    if (judgement === 'unknown') unknown.add(next);
    else if (judgement === 'good') good = next;
    else bad = next;
  }
  return { lastGood: version(good), firstBad: version(bad), untested: versions.slice(good + 1, bad) };
};

const nearestToMiddle = (good: number, bad: number, unknown: ReadonlySet<number>): number | undefined => {
  const middle = Math.floor((good + bad) / 2);
  for (let distance = 0; distance < bad - good; distance++)
    for (const at of [middle - distance, middle + distance]) if (at > good && at < bad && !unknown.has(at)) return at;
  return undefined;
};
