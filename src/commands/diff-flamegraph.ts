/** `memwatch diff a b --to svg -o FILE`: what changed between two profiles as a flame graph, red and blue. */
import { basename } from 'node:path';
import { computeDiffTree } from '../analyzer/cost/diff-tree.js';
import { computeInclusive } from '../analyzer/cost/functions.js';
import { MemwatchError } from '../errors.js';
import { writeOutput } from '../files/output.js';
import { formatValue } from '../report/cost.js';
import { flamegraphStart, renderFlamegraphSvg } from '../report/flamegraph-svg.js';
import type { Io } from './io.js';
import { openProfile } from './profile-file.js';

export interface FlamegraphFile {
  readonly output: string | undefined;
  readonly overwrite: boolean;
}

/** `scale` is what the values of the second are multiplied by. */
export const writeDiffFlamegraph = async (
  [first, second]: readonly [string, string],
  scale: number,
  { output, overwrite }: FlamegraphFile,
  io: Io,
): Promise<void> => {
  if (output === undefined)
    throw new MemwatchError('bad-argument', '--to needs a file to write', { hint: 'add -o diff.svg' });
  const profile = computeDiffTree(await openProfile(first, io), await openProfile(second, io), scale);
  const [both, before, after] = profile.values.map(({ self }) => computeInclusive(profile, self));
  const whole = Math.max(before[0], after[0]);
  const { unit } = profile.values[0];
  const show = (value: number): string => formatValue(unit, value);
  const svg = renderFlamegraphSvg(profile, {
    title: `${basename(first)} → ${basename(second)}: red grew, blue shrank; a box is as wide as both together`,
    folder: process.cwd(),
    inclusive: both,
    isHidden: () => false,
    change: (node) => ({
      label: `${show(before[node])} → ${show(after[node])}`,
      share: whole > 0 ? (after[node] - before[node]) / whole : 0,
    }),
  });
  writeOutput(output, svg, { overwrite, earlier: flamegraphStart });
};
