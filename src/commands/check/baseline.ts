/** The baseline file of `check`: finds, reads and rewrites it. In: the file the user named. Out: known leaks by scenario. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { readBaseline, writeBaseline } from '../../analyzer/formats/documents/baseline.js';
import { updatedEntries } from '../../analyzer/growth/compare-baseline.js';
import type { Baseline, KnownLeak, ScenarioReport } from '../../analyzer/model/check.js';
import { MemwatchError } from '../../errors.js';
import { writeOutput } from '../../files/output.js';

export interface OpenBaseline {
  /** As the user named it; null if there is no baseline. */
  readonly name: string | null;
  readonly path: string;
  readonly known: Baseline;
}

const defaultName = 'memwatch-baseline.json';

/** Without a name, the default file is used if it exists. A named one must exist, unless it is to be written. */
export const openBaseline = (named: string | undefined, update: boolean): OpenBaseline => {
  const name = named ?? defaultName;
  const path = resolve(name);
  if (existsSync(path)) return { name, path, known: readBaseline(readFileSync(path, 'utf8'), name) };
  if (named !== undefined && !update) {
    throw new MemwatchError('cannot-read', `no such baseline: ${name}`, {
      hint: 'run with --update-baseline to write it',
    });
  }
  return { name: update ? name : null, path, known: new Map() };
};

/** A scenario's path in the baseline: relative to the baseline's folder, so that it is the same on every machine. */
export const baselineKey = (scenario: string, baseline: OpenBaseline): string =>
  relative(dirname(baseline.path), resolve(scenario)).replaceAll('\\', '/');

/** A scenario that failed or did not run keeps its entries. */
export const updateBaseline = (baseline: OpenBaseline, scenarios: readonly ScenarioReport[]): void => {
  const entries = new Map(baseline.known);
  for (const scenario of scenarios.filter(({ failure }) => failure === null)) {
    const key = baselineKey(scenario.file, baseline);
    entries.set(key, updatedEntries(knownLeaksOf(scenario), entries.get(key) ?? []));
  }
  writeOutput(baseline.path, writeBaseline(entries), { overwrite: true, forOthers: true });
};

export const knownLeaksOf = ({ findings }: ScenarioReport): KnownLeak[] =>
  findings.map((finding) => ({
    signature: finding.signature,
    kind: finding.kind,
    bytesPerIteration: finding.bytesPerIteration ?? finding.bytesPerRound ?? 0,
    countPerIteration: finding.countPerIteration ?? finding.countPerRound,
  }));
