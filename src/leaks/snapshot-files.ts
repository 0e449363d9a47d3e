/**
 * Makes a leak report from heap snapshots of one process: reads the files with their scripts tables, finds growth,
 * names places and packages. In: files, oldest first. Out: a LeakReport.
 */
import { basename, join } from 'node:path';
import { readScriptsTable } from '../analyzer/formats/scripts-table.js';
import { findGrowth, type Growth } from '../analyzer/growth/snapshots/find-growth.js';
import { findingsOf, type FindingOptions } from '../analyzer/growth/findings.js';
import { createLiveLimits, type AskedLimit, type KnownLimit } from '../analyzer/growth/live-limits.js';
import type { PackageLookup } from '../analyzer/model/owner.js';
import { findingsOfSizes, type CollectionSizes } from '../analyzer/growth/sizes.js';
import { withSizes } from '../analyzer/growth/rank.js';
import { reportOfSnapshots } from '../analyzer/growth/verdict.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { createLocator } from '../analyzer/model/location.js';
import { MemwatchError } from '../errors.js';
import type { ScriptsTable } from '../analyzer/model/scripts.js';
import { readRegularFile } from '../input.js';
import { createCaptureReader } from './capture-reader.js';
import { readSource } from './script-text.js';

export interface AnalyseOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Collected heap at the end of each round, if it was read. */
  readonly heapBytes?: readonly number[];
  /** How much work each round between two snapshots did, in one unit: milliseconds, if rounds are measured by time. */
  readonly roundWork?: readonly number[];
  /** Sizes of live collections, for those whose entries are not objects. */
  readonly sizes?: readonly CollectionSizes[];
  /** Numbers that were read from the running program. */
  readonly limits?: readonly KnownLimit[];
  readonly warnings?: readonly string[];
}

export interface Compared {
  readonly report: LeakReport;
  /** What would show whether something that grows has a limit. */
  readonly asked: readonly AskedLimit[];
  /** For each snapshot: the bytes that were first seen in it and stayed. */
  readonly bornBytes: readonly number[];
  readonly newestIds: Growth['newestIds'];
}

/** Throws bad-argument for fewer than three files, files of two processes or files in the wrong order, and what reading throws. */
export const analyseSnapshots = async (files: readonly string[], options: AnalyseOptions = {}): Promise<LeakReport> =>
  orderedReport(await compareSnapshots(files, options), files);

/** The same, with what each round left in the heap. */
export const compareSnapshots = async (files: readonly string[], options: AnalyseOptions): Promise<Compared> => {
  const growth = await growthOf(files, options);
  const { roundWork } = options;
  const watchedMs = roundWork?.reduce((sum, ms) => sum + ms, 0);
  const limits = createLiveLimits(options.limits);
  const places = { ...placesOf(await newestScripts(files)), watchedMs, limits };
  const findings = findingsOf(growth, 'grows', places);
  const slowing = findingsOf(growth, 'slows', places);
  const sizes = findingsOfSizes(growth, options.sizes ?? [], findings, places);
  const all = withSizes([...findings, ...slowing], sizes);
  const [from, to] = [findings.length, findings.length + slowing.length];
  const report = reportOfSnapshots({
    findings: [...all.slice(0, from), ...all.slice(to)],
    slowing: all.slice(from, to),
    snapshots: files.length,
    heapBytes: options.heapBytes ?? [],
    roundMs: roundWork,
    warnings: [...(options.warnings ?? []), ...(growth.matchedBy === 'path' ? [matchedByPath] : [])],
  });
  const { bornBytes, newestIds } = growth;
  return { report, asked: limits.asked(), bornBytes, newestIds };
};

/** In the wrong order what grows would seem to shrink, and a leak to be clean. */
const orderedReport = ({ report, newestIds }: Compared, files: readonly string[]): LeakReport => {
  const named = files.map((file, at) => ({ file, newest: newestIds[at] ?? 0 }));
  const older = named.find(({ newest }, at) => newest < (newestIds[at - 1] ?? 0));
  if (older === undefined) return report;
  const inOrder = named.toSorted((a, b) => a.newest - b.newest).map(({ file }) => file);
  throw new MemwatchError('bad-argument', `${older.file} was taken before the snapshot that is named before it`, {
    hint: `name the oldest first: memwatch leaks ${inOrder.join(' ')}`,
  });
};

const matchedByPath =
  'an inspector session ended between the snapshots, and V8 gave new ids: objects were matched by their retaining paths, which is weaker evidence';

const growthOf = async (
  files: readonly string[],
  { signal, onProgress, roundWork }: AnalyseOptions,
): Promise<Growth> => {
  const open = createCaptureReader(signal);
  const sources = files.map(async (file) => {
    const { scripts, read } = open(file);
    return { name: basename(file), process: (await scripts)?.process, read };
  });
  return findGrowth(await Promise.all(sources), { signal, onProgress, roundWork });
};

/** The last capture knows all the scripts that the earlier ones knew. */
export const newestScripts = async (files: readonly string[]): Promise<ScriptsTable | undefined> => {
  for (const file of files.toReversed()) {
    const table = await readScriptsTable(file);
    if (table !== undefined) return table;
  }
  return undefined;
};

/** What names places and packages; sources and packages are read from the disk of this machine. */
export const placesOf = (scripts: ScriptsTable | undefined): FindingOptions => {
  const byId = new Map(scripts?.scripts.map((script) => [String(script.id), script]));
  return {
    locator: createLocator(scripts),
    sourceOf: (scriptId, url) => byId.get(scriptId)?.source ?? readSource(url),
    packageOf,
  };
};

export const packageOf: PackageLookup = (folder) => {
  try {
    const { name, version } = JSON.parse(readRegularFile(join(folder, 'package.json')).toString('utf8')) as Record<
      string,
      unknown
    >;
    return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined;
  } catch {
    return undefined;
  }
};
