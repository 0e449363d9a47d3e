/**
 * Leaks of a running target. Warm-up rounds, then the gate (collected heap and counts of objects), then heap snapshots
 * where something may grow, as many as it takes; the target is left as it was. In: an attachment. Out: a LeakReport.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attachment } from '../../agent/attach.js';
import { startCensus, type Census } from '../../agent/census.js';
import { readCollectedHeap } from '../../agent/collected-heap.js';
import { estimateSnapshot, type SnapshotEstimate } from '../../agent/preflight.js';
import { sampleSurvivors } from '../../agent/survivors.js';
import type { CollectionSizes } from '../../analyzer/growth/sizes.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { formatBytes, formatDuration } from '../../report/units.js';
import type { Io } from '../io.js';
import { takeSnapshot } from '../take-snapshot.js';
import { answerOfThread } from '../thread.js';
import { newestScripts } from './analyse-snapshots.js';
import { anyRises, findRising, type Gate, type GateReading } from './gate.js';
import { withGrowthSites } from './growth-sites.js';
import { reportOfCensus } from './light.js';
import type { Round } from './rounds.js';
import { withAllocationSites } from './sites.js';

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
/** A snapshot that stops the target for longer than this is worth more rounds of the gate. */
const dearPauseUs = 3e6;

export const findLiveLeaks = async (
  attachment: Attachment,
  round: Round,
  options: LiveOptions,
  io: Io,
): Promise<LeakReport> => {
  for (let i = 1; i <= options.warmUpRounds; i++) await round(`warm-up round ${i} of ${options.warmUpRounds}`);
  const estimate = await estimateSnapshot(attachment);
  const weak = weakness(estimate, options);
  const gateRounds = weak !== undefined ? options.rounds + 1 : estimate.pauseUs > dearPauseUs ? 4 : 2;
  const census = await startCensus(attachment.session);
  attachment.onDetach(census.close);
  const gate = await passGate(attachment, census, round, gateRounds, weak !== undefined, io);
  if (!anyRises(gate.rising) && weak === undefined) return clean(gate.readings);
  if (weak !== undefined) return reportOfCensus(gate, weak.warnings);
  return compareSnapshots({ attachment, census, round, gate, options, io });
};

/** Why no snapshots are taken; undefined where they are. */
const weakness = (
  { enough, extraBytes, heapUsedBytes, room }: SnapshotEstimate,
  { light, force }: LiveOptions,
): { warnings: string[] } | undefined => {
  if (light) return { warnings: [] };
  if (enough || force) return undefined;
  const left = room === undefined ? '' : `, and ${room.of} has ${formatBytes(room.availableBytes)} left`;
  return {
    warnings: [
      `no heap snapshots: for a heap of ${formatBytes(heapUsedBytes)} they can take ${formatBytes(extraBytes)} more memory (an estimate)${left}; ` +
        'counts of objects and sampled allocations are weaker evidence (--force takes them all the same)',
    ],
  };
};

const passGate = async (
  attachment: Attachment,
  census: Census,
  round: Round,
  rounds: number,
  sampled: boolean,
  io: Io,
): Promise<Gate> => {
  const read = async (): Promise<GateReading> => {
    io.progress('counting objects');
    const heapBytes = await readCollectedHeap(attachment.session);
    return { heapBytes, census: await census.count({ idsFor: 0 }) };
  };
  const readings = [await read()];
  const finish = sampled ? await sampleSurvivors(attachment) : undefined;
  for (let i = 1; i <= rounds; i++) {
    await round(`round ${i} of ${rounds}: counting what grows`);
    readings.push(await read());
  }
  const sites = (await finish?.()) ?? [];
  return { readings, rising: findRising(readings), sites };
};

const clean = (readings: readonly GateReading[]): LeakReport => {
  const rounds = readings.length - 1;
  const heapBytes = readings.map((reading) => reading.heapBytes);
  const classes = readings[0].census.classes.length;
  const pauseUs = Math.max(...readings.map(({ census }) => census.pauseUs));
  return {
    schema: 'memwatch/leaks@1',
    verdict: 'clean',
    reasons: [
      `neither the collected heap (${heapBytes.map(formatBytes).join(', ')}) nor any of ${classes} classes nor any collection rose in each of ${rounds} rounds`,
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
  readonly io: Io;
}

const compareSnapshots = async (comparison: Comparison): Promise<LeakReport> => {
  const { keep } = comparison.options;
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'memwatch-leaks-')));
  try {
    return await snapshotRounds(comparison, folder);
  } finally {
    if (keep === undefined) await rm(folder, { recursive: true, force: true });
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
  const quiet: Io = { ...io, warn: io.progress }; // what a snapshot costs is said once
  const heapBytes = gate.readings.map((reading) => reading.heapBytes);
  const snapshot = async (): Promise<void> => {
    const file = join(folder, `${String(files.length + 1).padStart(2, '0')}.heapsnapshot`);
    await takeSnapshot(attachment, file, { force: options.force }, files.length === 0 ? io : quiet);
    files.push(file);
    roundStart = performance.now();
  };
  // a snapshot stops the target, so a round is the time from the end of one to the start of the next
  const roundMs: number[] = [];
  let roundStart = 0;
  const followed = followCollections(comparison.census, gate);
  const look = async (): Promise<LeakReport> => {
    const known = { heapBytes, sizes: followed.sizes(), ...(options.byTime ? { roundMs } : {}) };
    const file = new URL('analysis-worker.js', import.meta.url);
    const thread = { signal: io.signal, onProgress: io.progress };
    return (await answerOfThread(file, { files, options: known }, thread)) as LeakReport;
  };
  await snapshot();
  const finish = await sampleSurvivors(attachment);
  const { heap, classes, containers } = gate.rising;
  const suspected = heap && classes.length + containers.length > 0;
  let report: LeakReport | undefined;
  for (let i = 1; i <= options.rounds + mostExtraRounds; i++) {
    await round(`round ${i} of ${options.rounds}: comparing snapshots`);
    roundMs.push(performance.now() - roundStart);
    heapBytes.push(await readCollectedHeap(attachment.session));
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
  const found = report ?? (await look());
  const located = { ...found, findings: withAllocationSites(found.findings, sites, scripts) };
  if (options.growthSites !== true || located.verdict !== 'leak') return located;
  return withGrowthSites(located, attachment, round, scripts, io);
};
