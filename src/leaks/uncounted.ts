/**
 * Looks for leaks when not even a census fits into the target's memory, so that there are only the collected heap and
 * sampled allocations. In: the gate's readings. Out: a LeakReport that names what is allocated and stays alive, but
 * proves nothing.
 */
import type { Census } from '../agent/capture/census.js';
import { formatPlace, createLocator } from '../analyzer/model/location.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { isProgramFile, type ScriptsTable } from '../analyzer/model/scripts.js';
import type { SurvivorSite } from '../analyzer/model/survivors.js';
import { escapeText, formatBytes } from '../report/units.js';
import { verdictOf } from '../analyzer/growth/verdict.js';
import type { Gate } from '../analyzer/growth/readings/gate.js';

/** Takes the place of a census, and counts nothing. */
export const uncounted: Census = {
  count: () => Promise.resolve({ classes: [], containers: [], pauseUs: 0 }),
  sizes: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

const mostSites = 3;

/** A report that was made without counts: they neither show growth nor rule it out. */
export const withoutCounts = (
  report: LeakReport,
  { readings, rising, sites }: Gate,
  scripts: ScriptsTable | undefined,
  isCollected = true,
): LeakReport => {
  const heap = readings.map(({ heapBytes }) => formatBytes(heapBytes)).join(' → ');
  const locator = createLocator(scripts);
  const made = sites
    .toSorted((a, b) => b.bytes - a.bytes)
    .flatMap((site) => siteText(site, locator))
    .slice(0, mostSites);
  return {
    ...report,
    verdict: verdictOf({ findings: 0, undecided: 1 }),
    reasons: [
      isCollected
        ? `the collected heap ${rising.heap ? 'rose' : 'did not rise'} in each of ${readings.length - 1} rounds: ${heap}`
        : 'garbage was not collected, so it is not known whether the heap grows',
      'objects were not counted, so what grows and what retains it is unknown',
      ...made,
    ],
  };
};

const siteText = ({ stack, bytes }: SurvivorSite, locator: ReturnType<typeof createLocator>): string[] => {
  const frame = stack.find(({ url }) => isProgramFile(url));
  if (frame === undefined) return [];
  const place = locator.atPosition(Number(frame.scriptId), frame.url, frame.line, frame.column);
  const where = place === undefined ? frame.url : formatPlace(place);
  return [
    `about ${formatBytes(bytes)} that stayed were allocated by ${escapeText(frame.function || '(anonymous)')} (${escapeText(where)})`,
  ];
};
