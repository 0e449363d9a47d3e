/**
 * The growth analysis over captures on disk. In: captures and the calls between them. Out: what grows with the work.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findGrowth, type Growth as HeapGrowth } from '../analyzer/growth/snapshots/find-growth.js';
import { findingsOf } from '../analyzer/growth/findings.js';
import type { CodePosition } from '../analyzer/model/check.js';
import type { Finding } from '../analyzer/model/finding.js';
import type { Location } from '../analyzer/model/location.js';
import { ownerOf } from '../analyzer/model/owner.js';
import { createCaptureReader, type Capture } from './capture-reader.js';
import { packageOf, placesOf } from './snapshot-files.js';
import { isProgramFile, type ScriptsTable } from '../analyzer/model/scripts.js';
import type { Analysis, Growth } from './subject.js';

/** The analysis for one judgement. */
export const createAnalysis = (): Analysis => {
  const captures: Capture[] = [];
  const open = createCaptureReader();
  return {
    add: (file) => void captures.push(open(file)),
    growth: async (work, body) => {
      const sources = captures.map(({ file, read }) => ({ name: file, process: 'the subject', read }));
      const growth = await findGrowth(sources, { roundWork: work });
      const scripts = await captures.at(-1)?.scripts;
      return scripts === undefined ? { growing: [], slowing: [], place: null } : growthOf(growth, scripts, work, body);
    },
  };
};

const growthOf = (
  growth: HeapGrowth,
  scripts: ScriptsTable,
  work: readonly number[],
  body: CodePosition | null,
): Growth => {
  const callsPerRound = work.reduce((sum, calls) => sum + calls, 0) / work.length;
  const options = { ...placesOf(scripts), callsPerRound, isForeign: isMemwatchFile };
  const bodyPlace = body === null ? undefined : options.locator.atPosition(body.scriptId, '', body.line, body.column);
  return {
    growing: findingsOf(growth, 'grows', options).map((finding) => withPlace(finding, bodyPlace)),
    slowing: findingsOf(growth, 'slows', options)
      .filter((finding) => isForWork(finding, work))
      .map(({ title }) => title),
    place: bodyPlace ?? null,
  };
};

const root = fileURLToPath(new URL('../..', import.meta.url));
/** memwatch's own code holds what a scenario's setup returned, but a report must not send users there. */
export const isMemwatchFile = (file: string): boolean =>
  ['dist', 'src'].some((folder) => file.startsWith(join(root, folder)));

/** If only Node or memwatch is known to hold it, the place reported is the body that allocates it. */
const withPlace = (finding: Finding, body: Location | undefined): Finding => {
  const { location } = finding;
  const isSomewhere = location !== null && isProgramFile(location.file) && !isMemwatchFile(location.file);
  return isSomewhere || body === undefined
    ? finding
    : { ...finding, location: body, owner: ownerOf(body.file, packageOf) };
};

/** Growth that slows down, and was next to nothing per call in the last round, has nothing to do with the calls. */
const leastForCall = 0.01;
const isForWork = ({ history }: Finding, work: readonly number[]): boolean => {
  const gained = (history.at(-1) ?? 0) - (history.at(-2) ?? 0);
  return gained >= (work.at(-1) ?? 0) * leastForCall;
};
