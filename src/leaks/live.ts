/**
 * Leaks of a running target. Warm-up rounds, then the gate (collected heap and counts of objects), then heap snapshots
 * where something may grow, as many as it takes; the target is left as it was. In: an attachment. Out: a LeakReport.
 */
import { join } from 'node:path';
import type { Attachment } from '../agent/attach/attach.js';
import type { Census } from '../agent/capture/census.js';
import { readCollectedHeap, readExternal } from '../agent/capture/collected-heap.js';
import { captureScripts } from '../agent/capture/scripts.js';
import { sampleSurvivors } from '../agent/capture/survivors.js';
import type { SurvivorSite } from '../analyzer/model/survivors.js';
import type { CollectionSizes } from '../analyzer/growth/sizes.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { formatBytes, formatDuration } from '../report/units.js';
import type { Progress } from '../progress.js';
import { estimateSnapshot, whyNoRoom, type SnapshotEstimate } from '../captures/estimate.js';
import { openCensus } from '../captures/open-census.js';
import { takeSnapshot } from '../captures/take-snapshot.js';
import { answerOfThread } from '../thread.js';
import { newestScripts } from './snapshot-files.js';
import { gateRoundsFor } from './duration.js';
import { anyRises, findRising, type Gate, type GateReading } from './gate.js';
import { withGrowthSites } from './growth-sites.js';
import { reportOfCensus } from './light.js';
import type { Round } from './rounds.js';
import { createTemporaryFolder } from '../files/temporary.js';
import { withAllocationSites } from '../analyzer/growth/allocation-sites.js';
import { uncounted, withoutCounts } from './uncounted.js';
import { withUnexplained } from './unexplained.js';

export interface LiveOptions {
  readonly warmUpRounds: number;
  /** Rounds between snapshots: one more snapshot than this. */
  readonly rounds: number;
  /** Rounds are so long, and not so much work. */
  readonly byTime: boolean;
  readonly light: boolean;
  readonly growthSites?: boolean;
  readonly force: boolean;
  /** Keeps the snapshots there. */
  readonly keep: string | undefined;
}

/** Growth that slows down gets so many more rounds to stop. */
const mostExtraRounds = 4;

export const findLiveLeaks = async (
  attachment: Attachment,
  round: Round,
  options: LiveOptions,
  io: Progress,
): Promise<LeakReport> => {
  for (let i = 1; i <= options.warmUpRounds; i++) await round(`1/4 warm-up, round ${i} of ${options.warmUpRounds}`);
  const estimate = await estimateSnapshot(attachment);
  const weak = weakness(estimate, options);
  const gateRounds = weak !== undefined ? options.rounds + 1 : gateRoundsFor(estimate);
  const counts = estimate.censusFits || options.force;
  const census = counts ? await openCensus(attachment, options.force) : uncounted;
  const gate = await passGate(attachment, census, round, gateRounds, weak !== undefined, io);
  const rises = anyRises(gate.rising);
  if (weak !== undefined) {
    const scripts = rises || !counts ? await captureScripts(attachment.session, attachment) : undefined;
    const [heap, external] = [gate.readings.map((one) => one.heapBytes), gate.readings.map((one) => one.externalBytes)];
    const report = reportOfCensus(gate, scripts, weak.warnings);
    return counts ? withUnexplained(report, heap, external) : withoutCounts(report, gate, scripts);
  }
  return rises ? compareSnapshots({ attachment, census, round, gate, options, io }) : clean(gate.readings);
};

/** Why no snapshots are taken; undefined where they are. */
const weakness = (estimate: SnapshotEstimate, { light, force }: LiveOptions): { warnings: string[] } | undefined => {
  if (force || (estimate.enough && !light)) return light ? { warnings: [] } : undefined;
  if (!estimate.censusFits) {
    const what =
      'no heap snapshots and no counts of objects, for which there is no room either: sampled allocations alone';
    return { warnings: [`${what}. A snapshot ${whyNoRoom(estimate)} (--force takes them all the same)`] };
  }
  if (light) return { warnings: [] };
  const weaker = 'counts of objects and sampled allocations are weaker evidence (--force takes them all the same)';
  const heap = formatBytes(estimate.heapUsedBytes);
  return { warnings: [`no heap snapshots: one of a heap of ${heap} ${whyNoRoom(estimate)}; ${weaker}`] };
};

const passGate = async (
  attachment: Attachment,
  census: Census,
  round: Round,
  rounds: number,
  sampled: boolean,
  io: Progress,
): Promise<Gate> => {
  const read = async (): Promise<GateReading> => {
    io.progress(`2/4 counting objects, ${readings.length + 1} of ${rounds + 1}`);
    const heapBytes = await readCollectedHeap(attachment.session);
    const externalBytes = await readExternal(attachment.session);
    return { heapBytes, externalBytes, census: await census.count({ idsFor: 0 }) };
  };
  const readings: GateReading[] = [];
  readings.push(await read());
  let finish: (() => Promise<SurvivorSite[]>) | undefined;
  for (let i = 1; i <= rounds; i++) {
    await round(`2/4 what grows, round ${i} of ${rounds}`);
    readings.push(await read());
    if (sampled && i === 1) finish = await sampleSurvivors(attachment, expectedGrowth(readings, rounds - i));
  }
  const sites = (await finish?.()) ?? [];
  return { readings, rising: findRising(readings), sites };
};

/** Bytes that the collected heap will gain in so many rounds, if it goes on as in these readings. */
const expectedGrowth = (readings: readonly GateReading[], rounds: number): number =>
  ((readings[readings.length - 1].heapBytes - readings[0].heapBytes) / (readings.length - 1)) * rounds;

const clean = (readings: readonly GateReading[]): LeakReport => {
  const rounds = readings.length - 1;
  const heapBytes = readings.map((reading) => reading.heapBytes);
  const classes = readings[0].census.classes.length;
  const pauseUs = Math.max(...readings.map(({ census }) => census.pauseUs));
  return {
    schema: 'memwatch/leaks@1',
    verdict: 'clean',
    reasons: [
      `neither the collected heap (${heapBytes.map(formatBytes).join(', ')}) nor Buffers nor any of ${classes} classes nor any collection rose in each of ${rounds} rounds`,
      `no snapshot was needed; the longest pause was ${formatDuration(pauseUs)}`,
    ],
    evidence: 'census',
    rounds,
    heapBytes,
    snapshots: 0,
    findings: [],
    warnings: [],
  };
};

/** What the rounds between snapshots work with. */
interface Comparison {
  readonly attachment: Attachment;
  readonly census: Census;
  readonly round: Round;
  readonly gate: Gate;
  readonly options: LiveOptions;
  readonly io: Progress;
}

const compareSnapshots = async (comparison: Comparison): Promise<LeakReport> => {
  const { keep } = comparison.options;
  if (keep !== undefined) return snapshotRounds(comparison, keep);
  const folder = createTemporaryFolder();
  try {
    return await snapshotRounds(comparison, folder.path);
  } finally {
    folder.remove();
  }
};

/** Collections that rose in each round of the gate, followed on through the rounds between snapshots. */
interface Followed {
  /** Counts again, where there is anything to follow, and drops what did not rise. */
  count(): Promise<void>;
  sizes(): CollectionSizes[];
}

const followCollections = (census: Census, { rising }: Gate): Followed => {
  let followed = rising.containers.map(({ container, history }) => ({
    id: container.id,
    heapId: container.heapId,
    sizes: [...history],
  }));
  return {
    async count() {
      if (followed.length === 0) return;
      const { containers } = await census.count({ idsFor: 50 });
      followed = followed.flatMap(({ id, sizes }) => {
        const now = containers.find((one) => one.id === id);
        const rises = now !== undefined && now.size > sizes[sizes.length - 1];
        return rises ? [{ id, heapId: now.heapId, sizes: [...sizes, now.size] }] : [];
      });
    },
    sizes: () => followed.flatMap(({ heapId, sizes }) => (heapId === null ? [] : [{ heapId, sizes }])),
  };
};

const snapshotRounds = async (comparison: Comparison, folder: string): Promise<LeakReport> => {
  const { attachment, round, gate, options, io } = comparison;
  const files: string[] = [];
  const heapBytes = gate.readings.map((reading) => reading.heapBytes);
  const externalBytes = gate.readings.map((reading) => reading.externalBytes);
  const snapshot = async (): Promise<void> => {
    const file = join(folder, `${String(files.length + 1).padStart(2, '0')}.heapsnapshot`);
    const count = Math.max(files.length, options.rounds) + 1;
    const progress = (text: string): void => io.progress(`3/4 snapshot ${files.length + 1} of ${count}: ${text}`);
    const warn = files.length === 0 ? io.warn : progress; // what it costs is said once
    await takeSnapshot(attachment, file, { force: options.force }, { ...io, progress, warn });
    files.push(file);
    roundStart = performance.now();
  };
  // a snapshot stops the target, so a round is the time from the end of one to the start of the next
  const roundMs: number[] = [];
  let roundStart = 0;
  const followed = followCollections(comparison.census, gate);
  const look = async (): Promise<LeakReport> => {
    const known = { heapBytes, sizes: followed.sizes(), ...(options.byTime ? { roundWork: roundMs } : {}) };
    const file = new URL('snapshot-files-worker.js', import.meta.url);
    const onProgress = (text: string): void => io.progress(`4/4 ${text}`);
    const thread = { signal: io.signal, onProgress };
    return (await answerOfThread(file, { files, options: known }, thread)) as LeakReport;
  };
  await snapshot();
  const finish = await sampleSurvivors(attachment, expectedGrowth(gate.readings, options.rounds));
  const { heap, classes, containers } = gate.rising;
  const suspected = heap && classes.length + containers.length > 0;
  let report: LeakReport | undefined;
  for (let i = 1; i <= options.rounds + mostExtraRounds; i++) {
    await round(`3/4 comparing snapshots, round ${i} of ${Math.max(i, options.rounds)}`);
    roundMs.push(performance.now() - roundStart);
    heapBytes.push(await readCollectedHeap(attachment.session));
    externalBytes.push(await readExternal(attachment.session));
    await snapshot();
    await followed.count();
    roundStart = performance.now();
    // the gate has seen so much that three snapshots will not acquit; while they are read, the target would grow on
    if (files.length < 3 || (suspected && i < options.rounds)) continue;
    report = await look();
    if (report.verdict === 'clean' || (i >= options.rounds && report.verdict === 'leak')) break;
  }
  const sites = await finish();
  const scripts = await newestScripts(files);
  const found = withUnexplained(report ?? (await look()), heapBytes, externalBytes);
  const located = { ...found, findings: withAllocationSites(found.findings, sites, scripts) };
  if (options.growthSites !== true || located.verdict !== 'leak') return located;
  return withGrowthSites(located, attachment, round, scripts, io);
};
