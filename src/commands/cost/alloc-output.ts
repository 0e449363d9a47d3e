/** What `alloc` prints: the head, the table of functions, or the document `memwatch/alloc@1`. */
import type { ProgramEnd } from '../../agent/attach/launch.js';
import type { AllocDocument } from '../../analyzer/model/documents.js';
import type { Profile } from '../../analyzer/model/profile.js';
import { renderGc } from '../../report/gc-and-loop.js';
import { packageOf, showName } from '../../report/place.js';
import { formatBytes, formatBytesDelta, formatDuration } from '../../report/units.js';
import { treesDocument } from './cost-trees.js';
import { typesOf } from '../profile-type.js';
import { choose, renderChoice, renderEnd, renderOtherValues, type Choice } from './cost-output.js';
import type { Arguments, Io } from '../io.js';

export interface AllocResult {
  readonly profile: Profile;
  /** Path of the saved profile. */
  readonly file: string | null;
  readonly pid: number | null;
  /** How a program that memwatch started ended. */
  readonly ended: ProgramEnd | null;
  /** Why what stays alive was not measured; undefined if it was, or was not asked for. */
  readonly withoutSurvivors?: string | undefined;
}

export const printAllocations = (result: AllocResult, args: Arguments, io: Io): void => {
  const choice = choose(result.profile, args);
  io.print(documentOf(result, choice), () =>
    [
      ...renderHead(result.profile, choice),
      '',
      ...renderChoice(choice, [result.profile], args, io, ownOf(result.profile)),
      ...renderNotes(result),
    ].join('\n'),
  );
};

const ownOf = ({ values: [shown] }: Profile): string => (shown.name === 'live' ? 'still alive' : 'allocated');

const sumOf = (profile: Profile, name: string): number | null =>
  profile.values.find((column) => column.name === name)?.self.reduce((sum, one) => sum + one, 0) ?? null;

const renderHead = (profile: Profile, { table }: Choice): string[] => {
  const { notes, durationUs } = profile;
  const over = durationUs > 0 ? ` in ${formatDuration(durationUs)}` : '';
  const { sampling } = notes ?? {};
  const each = sampling === undefined ? '' : `, one in ${formatBytes(sampling.allocatedBytes)}`;
  const what = ownOf(profile);
  const head = [
    `${notes?.thread ?? 'thread'}: ${formatBytes(table.whole)} ${what}${over} (sampled${each})${renderAlive(profile)}`,
  ];
  if (notes?.memory !== undefined) {
    const { heapBytes, externalBytes } = notes.memory;
    head.push(
      `  heap ${formatBytes(heapBytes[1])} (${formatBytesDelta(heapBytes[1] - heapBytes[0])}), ` +
        `outside the heap ${formatBytes(externalBytes[1])} (${formatBytesDelta(externalBytes[1] - externalBytes[0])}): ` +
        'Buffers and other memory that this table cannot see',
    );
  }
  if (notes !== undefined) head.push(`  ${renderGc(notes.gc, durationUs)}`);
  return [...head, ...renderOtherValues(profile)];
};

const renderAlive = (profile: Profile): string => {
  const { notes, values } = profile;
  const live = sumOf(profile, 'live');
  if (live === null || values[0].name === 'live') return '';
  const of = notes === undefined ? 'of it' : 'of what a second phase allocated';
  const each = notes?.sampling === undefined ? '' : ` (one sample in ${formatBytes(notes.sampling.liveBytes)})`;
  return live === 0 ? `; no sample ${of} is still alive${each}` : `; ${formatBytes(live)} ${of} is still alive${each}`;
};

const renderNotes = ({ profile, file, ended, pid, withoutSurvivors }: AllocResult): string[] => {
  const notes: string[] = [];
  if (withoutSurvivors !== undefined && sumOf(profile, 'live') === null)
    notes.push(`what stays alive was not measured: ${withoutSurvivors}`);
  notes.push(...renderEnd(ended));
  if (file !== null && pid !== null) notes.push(`saved ${file}`);
  return notes.length === 0 ? [] : ['', ...notes];
};

/** V8's sampler records functions only; `lines` is filled for profiles from other tools. */
const documentOf = (
  { profile, file, pid, ended }: AllocResult,
  { table, functions, lines, callers, callees, trees }: Choice,
): AllocDocument & Record<string, unknown> => ({
  schema: 'memwatch/alloc@1',
  pid,
  durationUs: table.durationUs,
  wholeProgram: table.wholeProgram,
  types: typesOf(profile),
  allocatedBytes: (profile.values[0].name === 'live' ? sumOf(profile, 'allocated') : null) ?? table.whole,
  liveBytes: sumOf(profile, 'live'),
  memory: profile.notes?.memory ?? null,
  gc: profile.notes?.gc ?? null,
  precise: profile.notes?.precise === true,
  functions: functions.map((row) => ({
    name: showName(row.name),
    file: row.file,
    line: row.line,
    selfBytes: row.self,
    totalBytes: row.total,
    liveBytes: profile.values[0].name === 'live' ? row.self : row.live,
    package: packageOf(row.file),
  })),
  ...treesDocument(trees),
  lines: lines.map((row) => ({
    file: row.file,
    line: row.line,
    function: showName(row.function),
    selfBytes: row.self,
  })),
  ...edges('callers', callers),
  ...edges('callees', callees),
  file,
  exitCode: ended?.code ?? null,
  exitSignal: ended?.signal ?? null,
});

const edges = (key: string, rows: Choice['callers']): object =>
  rows === undefined
    ? {}
    : {
        [key]: rows.map(({ name, file, line, self, total }) => ({
          name: showName(name),
          file,
          line,
          selfBytes: self,
          totalBytes: total,
        })),
      };
