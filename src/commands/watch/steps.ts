/**
 * The steps in which `memwatch watch` captures evidence of a process, the cheapest first: whatever happens to it, what was
 * captured before is on the disk. In: an attachment and a folder. Out: files, and what was found.
 */
import { join } from 'node:path';
import type { Attachment } from '../../agent/attach/attach.js';
import { captureAllocations } from '../../agent/capture/allocation-profile.js';
import { captureCpuProfiles, threadsOf } from '../../agent/capture/cpu-profile.js';
import type { Redaction } from '../../agent/capture/redact.js';
import { readHeapProfile } from '../../analyzer/formats/heapprofile.js';
import { findKeptSites } from '../../analyzer/growth/kept-sites.js';
import { writeJson } from '../../analyzer/model/escape.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import type { WatchEvent } from '../../analyzer/model/watch-event.js';
import { estimateSnapshot, requireRoomToCollect } from '../../captures/estimate.js';
import { openCensus } from '../../captures/open-census.js';
import { takeSnapshot } from '../../captures/take-snapshot.js';
import { MemwatchError } from '../../errors.js';
import { writeOutput } from '../../files/output.js';
import { findAttachedLeaks } from '../../leaks/find-leaks.js';
import type { Progress } from '../../progress.js';
import { formatBytes } from '../../report/units.js';
import { countedDocument } from '../census.js';
import { writePage } from '../html.js';
import { onlyLive } from '../serve/profiles.js';

export interface EvidenceOptions {
  /** Of the CPU profile, and of each phase of the sampling. */
  readonly durationMs: number;
  readonly snapshot: boolean;
  readonly redact: Redaction | undefined;
}

export interface Capturing {
  readonly attachment: Attachment;
  readonly folder: string;
  /** What all evidence may take. */
  readonly mostBytes: number;
  readonly options: EvidenceOptions;
  readonly io: Progress;
  /** Filled by the steps. */
  readonly found: { sites: WatchEvent['sites']; leaks: LeakReport | undefined };
}

export interface Step {
  readonly what: string;
  readonly capture: (capturing: Capturing) => Promise<void>;
}

export const stepsFor = ({ snapshot }: EvidenceOptions): Step[] => [
  { what: 'CPU profile', capture: keepCpuProfile },
  { what: 'survivors', capture: keepSurvivors },
  { what: 'census', capture: keepCensus },
  { what: 'search for leaks', capture: keepLeaks },
  ...(snapshot ? [{ what: 'snapshot', capture: keepSnapshot }] : []),
];

const profilingOf = ({ options: { durationMs }, io }: Capturing) => ({
  durationMs,
  precise: false,
  signal: io.signal,
  onProgress: io.progress,
});

const keepCpuProfile = async (capturing: Capturing): Promise<void> => {
  const { attachment, folder } = capturing;
  const threads = await threadsOf(attachment, false);
  const options = { ...profilingOf(capturing), intervalUs: 1000 };
  const [profile] = await captureCpuProfiles(attachment, threads, options);
  if (profile !== undefined) writeOutput(join(folder, 'cpu.cpuprofile'), profile.text);
};

const keepSurvivors = async (capturing: Capturing): Promise<void> => {
  const { attachment, folder, found } = capturing;
  await requireRoomToCollect(attachment);
  const [thread] = await threadsOf(attachment, false);
  const options = { ...profilingOf(capturing), survivors: true };
  const text = await captureAllocations(attachment, thread, options);
  writeOutput(join(folder, 'survivors.heapprofile'), text);
  found.sites = findKeptSites(undefined, onlyLive(readHeapProfile(text)));
};

const keepCensus = async ({ attachment, folder, io }: Capturing): Promise<void> => {
  const census = await openCensus(attachment, io);
  writeOutput(join(folder, 'census.json'), writeJson(await countedDocument(census, 20), 2));
  await census.close();
};

/** Without snapshots: with counts and samples. */
const keepLeaks = async ({ attachment, folder, options, io, found }: Capturing): Promise<void> => {
  const { durationMs, redact } = options;
  const rounds = { intervalMs: durationMs / 2, maxMs: Math.max(1000, 6 * durationMs) };
  found.leaks = await findAttachedLeaks(attachment, { light: true, redact, ...rounds }, io);
  writeOutput(join(folder, 'leaks.json'), writeJson(found.leaks, 2));
  writePage(join(folder, 'leaks.html'), found.leaks, attachment.pid);
};

const keepSnapshot = async ({ attachment, folder, mostBytes, options: { redact }, io }: Capturing): Promise<void> => {
  const { fileBytes } = await estimateSnapshot(attachment, { collected: false });
  if (fileBytes > mostBytes)
    throw new MemwatchError('no-room', `it would take about ${formatBytes(fileBytes)}, more than --max-disk`);
  await takeSnapshot(attachment, join(folder, 'heap.heapsnapshot'), { redact }, io);
};
