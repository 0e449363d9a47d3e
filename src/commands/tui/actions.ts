/**
 * The actions of the screen as commands of memwatch. In: an action, and the target as a command line names it. Out: the
 * arguments, the cost in words, and what to do with the document.
 */
import { formatPlace } from '../../analyzer/model/location.js';
import type { Attachment } from '../../agent/attach/attach.js';
import { estimateSnapshot, type SnapshotEstimate } from '../../captures/estimate.js';
import { dangerOfPause } from '../../captures/say-cost.js';
import type { CpuDocument } from '../../analyzer/model/documents.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { escapeText, formatBytes, formatCount, formatDuration, formatThings } from '../../report/units.js';
import { namedCapture } from '../capture-file.js';
import { estimateLeakSearch, searchTime, suspectedRoundsFor, usualRounds } from '../../leaks/duration.js';
import type { TargetAction } from '../../tui/state/provider.js';

/** The command that carries out the action, and the capture that it writes. */
export interface ActionCommand {
  readonly argv: readonly string[];
  readonly file: string | undefined;
}

export const commandOf = (action: TargetAction, target: string, at: Date): ActionCommand => {
  const named = (extension: string): string => namedCapture(target, extension, at);
  const writing = (file: string, ...words: string[]): ActionCommand => ({ argv: [...words, '--output', file], file });
  switch (action.action) {
    case 'snapshot':
      return writing(named('heapsnapshot'), 'snapshot', target);
    case 'cpu':
    case 'alloc': {
      const extension = action.action === 'cpu' ? 'cpuprofile' : 'heapprofile';
      const precise = action.precise === true ? ['--precise'] : [];
      return writing(named(extension), action.action, target, '--duration', `${action.seconds}s`, ...precise);
    }
    case 'memory':
    case 'dump':
      return { argv: [action.action, target], file: undefined };
    case 'leaks':
    case 'watch':
    case 'gc':
      return { argv: [], file: undefined };
  }
};

const preciseCost =
  'Inlining is off meanwhile, so that every function gets its own costs: the process uses 6 to 46 % more CPU.';

/** What the action will cost the target. */
export const priceOf = async (action: TargetAction, attachment: Attachment): Promise<readonly string[] | undefined> => {
  switch (action.action) {
    case 'cpu':
      return [
        `Samples the running function every millisecond for ${action.seconds} s.`,
        ...(action.precise === true
          ? [preciseCost]
          : ['Costs a busy process 4 to 7 % CPU while it runs; at its start it stands still for 15 to 250 ms.']),
      ];
    case 'watch':
      return [
        'Samples the running functions every millisecond and shows those of the last 2 s, again and again.',
        'Costs a busy process 4 to 7 % CPU until W pauses it; at each look it stands still for 15 to 250 ms.',
      ];
    case 'alloc':
      return [
        `Samples allocations for ${action.seconds} s, then what stays alive for another ${action.seconds} s.`,
        action.precise === true
          ? preciseCost
          : 'Costs the process about 1 to 3 % CPU while it runs; it stops only for garbage collections.',
        'It does not see Buffers and other memory outside the heap.',
      ];
    case 'snapshot':
      return snapshotPrice('For it', await estimateSnapshot(attachment, { collected: false }));
    case 'leaks':
      return leaksPrice(await estimateSnapshot(attachment, { collected: false }));
    case 'gc':
    case 'memory':
    case 'dump':
      return undefined;
  }
};

/** If snapshots do not fit into memory, counts are used instead, so the action is not refused. */
const leaksPrice = (estimate: SnapshotEstimate): string[] => {
  const time = searchTime(estimateLeakSearch(estimate, usualRounds));
  const watch = `Collects garbage and counts objects, in rounds of ${usualRounds.intervalMs / 1000} s.`;
  if (!estimate.enough) {
    const why = `There is not enough memory for heap snapshots (up to ${formatBytes(estimate.extraBytes)} each), so memwatch uses counts and samples: they show what grows and what allocates it, but not what retains it.`;
    return [`Takes ${time}. ${watch}`, why];
  }
  return [
    `Takes ${time} (estimated; longer on a busy machine, or if growth slows down). ${watch}`,
    `If something grows, ${suspectedRoundsFor(estimate) + 1} heap snapshots are compared.`,
    ...snapshotPrice('For each', estimate),
  ];
};

/** Each text is a paragraph; the screen wraps it to its own width. */
const snapshotPrice = (forWhat: string, estimate: SnapshotEstimate): string[] => {
  const { heapUsedBytes, pauseUs, likelyExtraBytes, extraBytes, fileBytes, room, enough } = estimate;
  const lines = [
    `${forWhat} the process stands still for about ${formatDuration(pauseUs)} (estimated; its heap is ${formatBytes(heapUsedBytes)}) and takes about ${formatBytes(likelyExtraBytes)} more memory, at most ${formatBytes(extraBytes)}; its allocator may keep part of that for later use. File: about ${formatBytes(fileBytes)}.`,
  ];
  const danger = dangerOfPause(estimate);
  if (danger !== undefined) lines.push(`${danger}.`);
  if (room !== undefined) lines.push(`Memory left: ${formatBytes(room.availableBytes)} (${room.of}).`);
  if (!enough) lines.push('THAT IS NOT ENOUGH: memwatch will refuse, because the process could be killed.');
  return lines;
};

/** A search for leaks that leaves its snapshots in a folder. */
export const leaksCommandLine = (target: string, folder: string): readonly string[] => [
  'leaks',
  target,
  '--keep',
  folder,
];

export const leaksOutcome = ({ verdict, findings }: LeakReport): string => {
  if (verdict === 'leak') return `LEAK: ${formatThings(findings.length, 'finding')}; Enter opens the line`;
  return verdict === 'clean' ? 'clean: nothing leaks' : 'inconclusive: growth was neither proved nor excluded';
};

/** The result in one line. */
export const leaksHeadline = ({ verdict, findings: [first] }: LeakReport): string => {
  if (verdict !== 'leak' || first === undefined) return `leaks: ${verdict}`;
  const where = first.location === null ? '' : ` at ${formatPlace(first.location)}`;
  return escapeText(`LEAK${where}: ${first.title}`);
};

/** Returns what it freed, in one line. */
export const collectGarbage = async ({ session }: Attachment): Promise<string> => {
  const before = await session.send('Runtime.getHeapUsage');
  await session.send('HeapProfiler.collectGarbage', undefined, { timeoutMs: 120_000 });
  const after = await session.send('Runtime.getHeapUsage');
  const freed = before.usedSize - after.usedSize;
  return `collected: ${formatBytes(after.usedSize)} in use, ${formatBytes(Math.max(0, freed))} freed`;
};

/** What was made, in one line. */
export const outcomeText = (action: TargetAction, document: unknown, file: string | undefined): string => {
  if (action.action === 'alloc')
    return `kept as ${file}; what stays alive was measured in a second phase of ${action.seconds} s`;
  if (action.action === 'cpu') {
    const { functions } = document as CpuDocument;
    const isMarked = functions.some(({ mayBeInlined }) => mayBeInlined);
    return `kept as ${file}${isMarked ? '; ~ may include inlined functions: E tells' : ''}`;
  }
  if (action.action !== 'snapshot') return `kept as ${file}`;
  const { nodes, pauseUs } = document as { nodes: number; pauseUs: number };
  return `kept as ${file}: ${formatCount(nodes)} objects; the process stood still for ${formatDuration(pauseUs)}`;
};
