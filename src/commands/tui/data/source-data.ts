/**
 * The source of a file, with what profiles say about its lines. In: a file's name. Out: its text, or why there is none.
 */
import { readFile, stat } from 'node:fs/promises';
import { messageOf } from '../../../errors.js';
import { requireRegularFile } from '../../../input.js';
import { createLocator } from '../../../analyzer/model/location.js';
import { memwatchUrl, type ScriptsTable } from '../../../analyzer/model/scripts.js';
import type { LineCost, SourceDetail } from '../../../tui/state/detail.js';

/** Larger files are bundles, which no user reads line by line. */
const mostBytes = 32 * 2 ** 20;

export interface SourceOptions {
  readonly file: string;
  readonly costs: readonly LineCost[];
  readonly wholeUs: number;
  /** Source texts that were saved with a capture. */
  readonly scripts: readonly ScriptsTable[];
}

export const readSource = async ({ file, costs, wholeUs, scripts }: SourceOptions): Promise<SourceDetail> => {
  const kept = scripts.flatMap((table) => table.scripts).find((script) => isFile(script.url, file))?.source;
  const saved = kept ?? originalOf(file, scripts);
  const text = saved === undefined ? await readText(file) : { lines: saved.split('\n') };
  return { detail: 'source', file, lines: undefined, why: undefined, ...text, costs: joined(costs), wholeUs };
};

/** The text of a file that a compiler wrote into its source map: the file itself is often not deployed. */
const originalOf = (file: string, scripts: readonly ScriptsTable[]): string | undefined =>
  scripts.map((table) => createLocator(table).sourceOf(file)).find((text) => text !== undefined);

const isFile = (url: string, file: string): boolean => url === file || url === `file://${file}`;

const readText = async (file: string): Promise<{ lines: string[] } | { why: string }> => {
  if (file.startsWith('node:')) return { why: `${file} is part of Node.js: its source is not on this machine` };
  if (file === memwatchUrl) return { why: 'this is memwatch’s own code, which it runs in the target' };
  try {
    requireRegularFile(file);
    if ((await stat(file)).size > mostBytes) return { why: `${file} is too large to show` };
    return { lines: (await readFile(file, 'utf8')).split('\n') };
  } catch (error) {
    return { why: `the source cannot be read here: ${messageOf(error)}` };
  }
};

/** One entry per line, even if several sources have costs for it. */
const joined = (costs: readonly LineCost[]): LineCost[] => {
  const byLine = new Map<number, { -readonly [Name in keyof LineCost]: LineCost[Name] }>();
  for (const cost of costs) {
    const known = byLine.get(cost.line) ?? { line: cost.line };
    for (const name of ['selfUs', 'hits', 'bytes'] as const) {
      if (cost[name] !== undefined) known[name] = (known[name] ?? 0) + cost[name];
    }
    if (cost.mayBeInlined === true) known.mayBeInlined = true;
    byLine.set(cost.line, known);
  }
  return [...byLine.values()];
};
