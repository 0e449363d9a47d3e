/**
 * Which line adds: watches, for one round of the live process, the containers of the top findings, and what opens the files,
 * threads, child processes and timers of one of them. In: a report, and a function that lets a round pass. Out: the report
 * with the stacks that added, and a warning for what could not be watched.
 */
import { canWatch, captureGrowthSites } from '../agent/capture/growth-sites.js';
import { captureOpenings } from '../agent/capture/openings.js';
import { captureScripts } from '../agent/capture/scripts.js';
import { addedBy, openingsOf } from '../analyzer/growth/added-by.js';
import type { Finding, LeakReport, SeenSite } from '../analyzer/model/finding.js';
import { estimateCensus, whyNoRoom } from '../captures/estimate.js';
import { packageOf } from './snapshot-files.js';
import type { Looking } from './watch-notes.js';

const mostFindings = 3;

export const withGrowthSites = async (report: LeakReport, looking: Looking, force: boolean): Promise<LeakReport> => {
  const top = report.findings.slice(0, mostFindings);
  const { watched, warnings } = await watchable(top, looking, force);
  const found = await watch(watched, looking);
  const scripts =
    watched.length === 0 ? undefined : await captureScripts(looking.attachment.session, looking.attachment);
  const findings = report.findings.map((finding) => addedBy(finding, found.get(finding) ?? [], scripts, packageOf));
  const without = top.filter((finding) => (found.get(finding) ?? []).length === 0);
  const notSeen = warnings.length > 0 ? [] : without.map((finding) => cannotWatch(finding, watched));
  return { ...report, findings, warnings: [...report.warnings, ...warnings, ...notSeen] };
};

/** Says how to get the line of what is opened, where nothing else has shown it. */
export const adviseGrowthSites = (report: LeakReport): LeakReport => ({
  ...report,
  findings: report.findings.map((finding) =>
    finding.location === null && openingsOf(finding) !== undefined
      ? {
          ...finding,
          advice: [finding.advice ?? '', 'memwatch leaks --growth-sites shows the line that opens it.']
            .join(' ')
            .trim(),
        }
      : finding,
  ),
});

/** Containers, if memory is enough, and the first finding that is about something opened. */
const watchable = async (
  top: readonly Finding[],
  { attachment }: Looking,
  force: boolean,
): Promise<{ watched: Finding[]; warnings: string[] }> => {
  const containers = top.filter(({ kind }) => canWatch(kind));
  const opened = top.filter((finding) => openingsOf(finding) !== undefined).slice(0, 1);
  if (containers.length === 0) return { watched: opened, warnings: [] };
  // to find an object by its id, V8 walks over all objects, which takes part of the memory of a census
  const room = await estimateCensus(attachment);
  if (room.enough || force) return { watched: [...containers, ...opened], warnings: [] };
  const why = `growth sites are not watched, because memory is short: finding the objects ${whyNoRoom(room)}`;
  return { watched: opened, warnings: [why] };
};

/** All of them in the same round. */
const watch = async (
  findings: readonly Finding[],
  { attachment, round, io }: Looking,
): Promise<Map<Finding, readonly SeenSite[]>> => {
  if (findings.length === 0) return new Map();
  const passing = round('watching what adds');
  passing.catch(() => {}); // it is awaited by each, after it has begun to watch
  const wait = (): Promise<void> => passing;
  const sitesOf = async (finding: Finding): Promise<readonly SeenSite[]> => {
    const openings = openingsOf(finding);
    if (openings !== undefined) return captureOpenings(attachment, openings, wait);
    return (await captureGrowthSites(attachment, watchedId(finding), finding.kind, wait, io.signal)) ?? [];
  };
  return new Map(await Promise.all(findings.map(async (finding) => [finding, await sitesOf(finding)] as const)));
};

const cannotWatch = (finding: Finding, watched: readonly Finding[]): string =>
  watched.includes(finding)
    ? `nothing added to finding ${finding.rank} (${finding.title}) while it was watched`
    : `growth sites of finding ${finding.rank} cannot be watched: its kind is ${finding.kind}`;

/** Listeners are added through the emitter or event target, which comes before their collection in the path. */
const watchedId = ({ kind, path, container }: Finding): number => {
  if (kind !== 'listeners') return container.id;
  const at = path.findIndex(({ edge }) => /^(_events|<symbol kEvents>|kEvents)$/.test(edge));
  return path[at - 1]?.id ?? container.id;
};
