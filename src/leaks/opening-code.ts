/**
 * The place of what is opened and never closed (files, sockets, threads), if nothing shows it that survives: one more round, in
 * which V8 samples all that is allocated, also what is collected again. In: a report. Out: the report with that place, or as
 * it was.
 */
import { sampleAllocations } from '../agent/capture/survivors.js';
import { captureScripts } from '../agent/capture/scripts.js';
import { openingsOf } from '../analyzer/growth/added-by.js';
import { withOpeners } from '../analyzer/growth/openers.js';
import { sumOf } from '../analyzer/model/figures.js';
import type { Finding, LeakReport } from '../analyzer/model/finding.js';
import { formatPlace } from '../analyzer/model/location.js';
import { packageOf, placesOf } from './snapshot-files.js';
import type { Looking } from './watch-notes.js';

/** Other code may open as much and close it: one function must have opened almost all. */
const leastShare = 0.8;

/** `descriptors`: what most of the file descriptors are that were gained. */
export const withOpeningCode = async (
  report: LeakReport,
  { attachment, round }: Looking,
  descriptors: string | undefined,
): Promise<LeakReport> => {
  const finding = report.findings.find(isUnplaced);
  if (finding === undefined) return report;
  const sites = await sampleAllocations(attachment, () => round('which code opens them'));
  const scripts = await captureScripts(attachment.session, attachment);
  const { sourceOf } = placesOf(scripts);
  const options = { scripts, sourceOf, descriptors, all: true };
  const { location, owner, allocationSites } = withOpeners(finding, sites, packageOf, options);
  const [most] = allocationSites;
  const share = (most?.bytes ?? 0) / Math.max(1, sumOf(allocationSites.map(({ bytes }) => bytes)));
  if (most === undefined || location === null || share < leastShare) return report;
  const only = `in one round, ${Math.round(100 * share)} % of what Node allocated to open such things was for ${most.function} (${formatPlace(location)})`;
  const placed = { ...finding, location, owner, allocationSites, reasons: [...finding.reasons, only] };
  return { ...report, findings: report.findings.map((one) => (one === finding ? placed : one)) };
};

const isUnplaced = (finding: Finding): boolean =>
  finding.container.id === 0 && finding.location === null && openingsOf(finding) !== undefined;
