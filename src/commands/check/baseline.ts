/** The baseline file of `check`: finds, reads and rewrites it. In: the file the user named. Out: known leaks by scenario. */
import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { readBaseline, writeBaseline } from '../../analyzer/formats/documents/baseline.js';
import { updatedEntries } from '../../analyzer/growth/compare-baseline.js';
import type { Baseline, KnownLeak, ScenarioReport } from '../../analyzer/model/check.js';
import { cannotRead, MemwatchError } from '../../errors.js';
import { writeOutput } from '../../files/output.js';
import { readRegularFile } from '../../input.js';

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
  if (existsSync(path)) return { name, path, known: readKnown(path, name, update) };
  if (named !== undefined && !update) {
    throw new MemwatchError('cannot-read', `no such baseline: ${name}`, {
      hint: 'run with --update-baseline to write it',
    });
  }
  return { name: update ? name : null, path, known: new Map() };
};

/** An empty file, as `mktemp` makes it, can be filled, but is no baseline to compare with. */
const readKnown = (path: string, name: string, update: boolean): Baseline => {
  const text = readText(path, name);
  if (text !== '') return readBaseline(text, name);
  if (update) return new Map();
  throw new MemwatchError('not-this-format', `the baseline ${name} is empty`, {
    hint: 'run with --update-baseline to fill it',
  });
};

const readText = (path: string, name: string): string => {
  try {
    return readRegularFile(path).toString('utf8');
  } catch (cause) {
    throw cannotRead(name, cause);
  }
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
