/**
 * Which line adds to a container: watches the containers of the top findings in the live process for one round. In: a
 * report, and a function that lets a round pass. Out: the report with the stacks that added entries, and a warning for
 * what could not be watched.
 */
import type { Attachment } from '../agent/attach/attach.js';
import { canWatch, captureGrowthSites } from '../agent/capture/growth-sites.js';
import type { RawSite } from '../agent/capture/growth-sites-in-target.js';
import type { Finding, GrowthSite, LeakReport, StackFrame } from '../analyzer/model/finding.js';
import { createLocator } from '../analyzer/model/location.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import { estimateCensus, whyNoRoom } from '../captures/estimate.js';
import type { Progress } from '../progress.js';
import type { Round } from './rounds.js';

const mostFindings = 3;
const mostSites = 5;
const mostFrames = 12;

export const withGrowthSites = async (
  report: LeakReport,
  attachment: Attachment,
  round: Round,
  scripts: ScriptsTable | undefined,
  force: boolean,
  io: Progress,
): Promise<LeakReport> => {
  const top = report.findings.slice(0, mostFindings);
  const watched = top.filter(({ kind }) => canWatch(kind));
  if (watched.length === 0) return { ...report, warnings: [...report.warnings, ...top.map(cannotWatch)] };
  // to find an object by its id, V8 walks over all objects, which takes part of the memory of a census
  const room = await estimateCensus(attachment);
  if (!room.enough && !force) {
    const why = `growth sites are not watched, because memory is short: finding the objects ${whyNoRoom(room)}`;
    return { ...report, warnings: [...report.warnings, why] };
  }
  const passing = round('watching what adds');
  const framesOf = createFrames(scripts);
  const found = new Map<Finding, GrowthSite[]>();
  await Promise.all(
    watched.map(async (finding) => {
      const raw = await captureGrowthSites(attachment, watchedId(finding), finding.kind, () => passing, io.signal);
      found.set(
        finding,
        (raw ?? [])
          .toSorted((a, b) => b.count - a.count)
          .slice(0, mostSites)
          .map(framesOf),
      );
    }),
  );
  const without = top.filter((finding) => (found.get(finding) ?? []).length === 0);
  return {
    ...report,
    findings: report.findings.map((finding) => ({ ...finding, growthSites: found.get(finding) ?? [] })),
    warnings: [...report.warnings, ...without.map(cannotWatch)],
  };
};

const cannotWatch = ({ rank, kind, title }: Finding): string =>
  canWatch(kind)
    ? `nothing added to finding ${rank} (${title}) while it was watched`
    : `growth sites of finding ${rank} cannot be watched: its kind is ${kind}`;

/** Listeners are added through the emitter or event target, which comes before their collection in the path. */
const watchedId = ({ kind, path, container }: Finding): number => {
  if (kind !== 'listeners') return container.id;
  const at = path.findIndex(({ edge }) => /^(_events|<symbol kEvents>|kEvents)$/.test(edge));
  return path[at - 1]?.id ?? container.id;
};

const createFrames = (scripts: ScriptsTable | undefined): ((site: RawSite) => GrowthSite) => {
  const locator = createLocator(scripts);
  const idOf = new Map(scripts?.scripts.map(({ url, id }) => [url, id]));
  return ({ stack, count }) => ({
    count,
    stack: stack.slice(0, mostFrames).map(({ function: name, url, line, column }): StackFrame => {
      const place = locator.atPosition(idOf.get(url) ?? -1, url, line - 1, column - 1);
      return { function: name === '' ? '(anonymous)' : name, file: place?.file ?? url, line: place?.line ?? line };
    }),
  });
};
