/** The part of `memwatch diff` that compares two profiles: what became more expensive. */
import type { CostDiffDocument } from '../../analyzer/model/printed-documents.js';
import { basename } from 'node:path';
import { computeCostDiff } from '../../analyzer/cost/diff.js';
import { computeCostTable } from '../../analyzer/cost/table.js';
import { readCostDocument } from '../../analyzer/formats/documents/cost-document.js';
import type { CostTable, DiffRow } from '../../analyzer/model/cost.js';
import { MemwatchError } from '../../errors.js';
import { writeDiffFlamegraph, type FlamegraphFile } from './flamegraph.js';
import { renderCostDiff } from '../../report/cost-diff.js';
import { showName } from '../../report/place.js';
import { readCaptureBytes } from '../capture-file.js';
import type { Io } from '../io.js';
import { openProfile } from '../profile-file.js';
import { showType } from '../profile-type.js';

export interface ProfileDiffOptions {
  /** The flame graph to write. */
  readonly to: FlamegraphFile | undefined;
  /** The kind of values to compare. */
  readonly type: string | undefined;
}

/** Profiles of any format, and results of `cpu --json` and `alloc --json`. Throws `bad-argument`. */
export const diffProfiles = async (
  files: readonly string[],
  limit: number,
  io: Io,
  { to, type }: ProfileDiffOptions,
): Promise<void> => {
  const [first, second] = files;
  if (first === undefined || second === undefined || files.length !== 2)
    throw new MemwatchError('bad-argument', 'profiles are compared two at a time');
  const diff = computeCostDiff(await readTable(first, type, io), await readTable(second, type, io));
  if (to !== undefined) await writeDiffFlamegraph([first, second], diff, { ...to, type }, io);
  const document: CostDiffDocument = {
    schema: 'memwatch/cost-diff@1',
    files,
    ...diff,
    functions: diff.functions.map(named),
    lines: diff.lines.map(named),
  };
  io.print(document, () =>
    renderCostDiff(diff, {
      files: [basename(first), basename(second)],
      columns: io.columns,
      folder: process.cwd(),
      limit,
    }).join('\n'),
  );
};

const named = (row: DiffRow): DiffRow => ({ ...row, name: showName(row.name) });

const readTable = async (file: string, type: string | undefined, io: Io): Promise<CostTable> =>
  (type === undefined ? readCostDocument(await readCaptureBytes(file), file) : undefined) ??
  computeCostTable(showType(await openProfile(file, io), type, file));
