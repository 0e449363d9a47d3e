/** `memwatch diff a b --to svg|html -o FILE`: what changed between two profiles as a flame graph, red and blue. */
import { basename } from 'node:path';
import { computeDiffTree } from '../../analyzer/cost/diff-tree.js';
import { computeInclusive } from '../../analyzer/cost/functions.js';
import type { CostDiff, DiffRow } from '../../analyzer/model/cost.js';
import { MemwatchError } from '../../errors.js';
import { writeOutput } from '../../files/output.js';
import { formatValue } from '../../report/cost.js';
import type { FlameRow } from '../../report/flamegraph/data.js';
import { renderFlamegraphPage } from '../../report/flamegraph/page.js';
import { pageStart } from '../../report/page/html.js';
import { flamegraphStart, renderFlamegraphSvg } from '../../report/flamegraph/svg.js';
import { escapeText } from '../../report/units.js';
import type { Io } from '../io.js';
import { openProfile } from '../profile-file.js';
import { showType } from '../profile-type.js';

export interface FlamegraphFile {
  readonly format: 'svg' | 'html';
  readonly output: string | undefined;
  readonly overwrite: boolean;
}

export const writeDiffFlamegraph = async (
  [first, second]: readonly [string, string],
  diff: CostDiff,
  { format, output, overwrite, type }: FlamegraphFile & { readonly type: string | undefined },
  io: Io,
): Promise<void> => {
  if (output === undefined)
    throw new MemwatchError('bad-argument', '--to needs a file to write', { hint: `add -o diff.${format}` });
  const open = async (file: string) => showType(await openProfile(file, io), type, file);
  const profile = computeDiffTree(await open(first), await open(second), diff.scale);
  const { unit } = diff;
  const inclusive = (at: number): Float64Array =>
    computeInclusive(profile, profile.values[at]?.self ?? new Float64Array());
  const [both, before, after] = [inclusive(0), inclusive(1), inclusive(2)];
  const at = (values: Float64Array, node: number): number => values[node] ?? 0;
  const whole = Math.max(at(before, 0), at(after, 0));
  const show = (value: number): string => formatValue(unit, value);
  const options = {
    title: `${basename(first)} → ${basename(second)}: red grew, blue shrank; a box is as wide as both together`,
    folder: process.cwd(),
    inclusive: both,
    isHidden: () => false,
    change: (node: number) => ({
      label: `${show(at(before, node))} → ${show(at(after, node))}`,
      share: whole > 0 ? (at(after, node) - at(before, node)) / whole : 0,
    }),
  };
  if (format === 'svg') {
    writeOutput(output, renderFlamegraphSvg(profile, options), { overwrite, earlier: flamegraphStart });
  } else {
    const [functions, lines] = [diff.functions.map(changeOf), diff.lines.map(changeOf)];
    const page = renderFlamegraphPage(profile, { ...options, unit, whole, functions, lines });
    writeOutput(output, page, { overwrite, earlier: pageStart });
  }
  io.warn(`wrote ${escapeText(output)}`);
};

const changeOf = ({ name, file, line, selfDelta, totalBefore, totalAfter }: DiffRow): FlameRow => ({
  name,
  file,
  line,
  self: selfDelta,
  total: totalAfter - totalBefore,
});
