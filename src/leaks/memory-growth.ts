/**
 * The place of memory that grows outside the heap and that no object in it retains: one more round, in which memwatch sees
 * which code runs while the memory of the process rises. In: a report. Out: the report with that place, or as it was.
 */
import { sampleMemory, type MemorySamples } from './memory-samples.js';
import { captureScripts } from '../agent/capture/scripts.js';
import { makersOf, placedBySites } from '../analyzer/growth/allocation-sites.js';
import { placeOfSite } from '../analyzer/growth/made-at.js';
import { chargeGrowth } from '../analyzer/growth/memory-growth.js';
import { externalMemory, nativeMemory } from '../analyzer/growth/readings/counters.js';
import { formatBytes } from '../analyzer/model/figures.js';
import type { AllocationSite, Finding, LeakReport } from '../analyzer/model/finding.js';
import { formatPlace } from '../analyzer/model/location.js';
import { packageOf, placesOf } from './snapshot-files.js';
import type { Looking } from './watch-notes.js';

/** Less than this may come from anything. */
const leastGrown = 1024 * 1024;
/** One function must have run during at least this share of the growth. */
const leastShare = 0.5;
/** What runs right before or after it is charged with some of it. */
const leastLead = 1.5;
/** On a busy machine a round may show too little. What is proved to grow gets so many. */
const mostRounds = 3;

export const withMemoryGrowth = async (report: LeakReport, looking: Looking): Promise<LeakReport> => {
  const finding = report.findings.find(isUnplaced);
  if (finding === undefined && !isNativeOpen(report)) return report;
  let seen: Seen | undefined;
  for (let round = 1; seen === undefined && round <= (finding === undefined ? 1 : mostRounds); round++)
    seen = await lookOnce(looking);
  if (seen === undefined) return report;
  const { sites, reason } = seen;
  if (finding === undefined) return { ...report, reasons: [...report.reasons, reason] };
  const made = { ...finding, allocationSites: sites, reasons: [...finding.reasons, reason] };
  const findings = report.findings.flatMap((one) => (one === finding ? placedBySites([made], packageOf) : [one]));
  return { ...report, findings };
};

interface Seen {
  /** Most bytes first. */
  readonly sites: readonly AllocationSite[];
  readonly reason: string;
}

/** One round. undefined if no function ran during most of the growth. */
const lookOnce = async (looking: Looking): Promise<Seen | undefined> => {
  const samples = await sampleMemory(looking.attachment, () => looking.round('which code runs while memory grows'));
  if (samples === undefined) return undefined;
  const { sites, bytes } = await sitesOf(samples, looking);
  const [most, next] = sites;
  const least = Math.max(leastShare * bytes, leastLead * (next?.bytes ?? 0));
  if (bytes < leastGrown || most === undefined || most.bytes < least) return undefined;
  const share = Math.min(100, Math.round((100 * most.bytes) / bytes));
  const ran = `${most.function} (${formatPlace(placeOfSite(most))}) ran`;
  const rose = `${formatBytes(bytes)} in ${Math.round(samples.resident.seconds)} s`;
  return { sites, reason: `the RSS rose by ${rose}, ${share} % of that while ${ran}` };
};

const isUnplaced = ({ container, location }: Finding): boolean =>
  container.id === 0 && location === null && [nativeMemory, externalMemory].includes(container.name);

/** It grows, but by so little that an allocator that settles could be all of it. */
const isNativeOpen = ({ verdict, bounds }: LeakReport): boolean =>
  verdict === 'inconclusive' && bounds.some(({ of, perSecond }) => of === nativeMemory && (perSecond.low ?? 0) > 0);

const sitesOf = async (
  { resident: { changes }, profiles }: MemorySamples,
  { attachment }: Looking,
): Promise<{ sites: readonly AllocationSite[]; bytes: number }> => {
  const { sites, bytes } = chargeGrowth(changes, profiles);
  const scripts = await captureScripts(attachment.session, attachment);
  return { sites: makersOf(sites, scripts, placesOf(scripts).sourceOf), bytes };
};
