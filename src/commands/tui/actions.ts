/**
 * The actions of the screen as commands of memwatch. In: an action, what the target is called on the command line. Out:
 * arguments, the price in words, and what to do with the document.
 */
import type { Attachment } from '../../agent/attach.js';
import { estimateSnapshot } from '../../agent/preflight.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { formatBytes, formatCount, formatDuration } from '../../report/units.js';
import type { TargetAction } from '../../tui/provider.js';

/** Arguments of the command that does it. */
export const argumentsOf = (action: TargetAction, target: string): string[] => {
  switch (action.action) {
    case 'snapshot':
      return ['snapshot', target];
    case 'cpu':
    case 'alloc':
      return [action.action, target, '--duration', `${action.seconds}s`];
    case 'leaks':
      return ['leaks', target];
    case 'gc':
      return [];
  }
};

/** What it will cost the target. */
export const priceOf = async (action: TargetAction, attachment: Attachment): Promise<readonly string[] | undefined> => {
  switch (action.action) {
    case 'cpu':
      return [
        `Samples the running function every millisecond for ${action.seconds} s.`,
        'Costs the process 1 to 5 % CPU while it runs; nothing stops.',
      ];
    case 'alloc':
      return [
        `Samples allocations for ${action.seconds} s.`,
        'Costs the process about 1 to 3 % CPU while it runs; nothing stops.',
        'Buffers and other memory outside the heap are not seen by it.',
      ];
    case 'snapshot':
      return snapshotPrice(attachment);
    case 'leaks':
      return [
        'Collects garbage in rounds and counts objects; when something grows, compares heap snapshots.',
        ...(await snapshotPrice(attachment)).map((text) => `For each snapshot: ${text}`),
      ];
    case 'gc':
      return undefined;
  }
};

const snapshotPrice = async (attachment: Attachment): Promise<string[]> => {
  const { heapUsedBytes, pauseUs, extraBytes, fileBytes, room, enough } = await estimateSnapshot(attachment);
  const lines = [
    `the process stands still for about ${formatDuration(pauseUs)} (an estimate for its heap of ${formatBytes(heapUsedBytes)})`,
    `and takes up to ${formatBytes(extraBytes)} more memory for that time; the file is about ${formatBytes(fileBytes)}.`,
  ];
  if (room !== undefined) lines.push(`${room.of} has ${formatBytes(room.availableBytes)} left.`);
  if (!enough) lines.push('THAT IS NOT ENOUGH: memwatch will refuse, for the process could be killed.');
  return lines;
};

/** What the command's document says was made. */
export interface Outcome {
  readonly text: string;
  /** Captures to open. */
  readonly files: readonly string[];
  readonly report: LeakReport | undefined;
}

export const outcomeOf = (action: TargetAction, document: unknown): Outcome => {
  const { file, pauseUs, nodes } = document as { file?: string; pauseUs?: number; nodes?: number };
  const files = file === undefined ? [] : [file];
  if (action.action === 'leaks') {
    const report = document as LeakReport;
    const found = report.findings.length;
    return { text: `${report.verdict}: ${found} finding${found === 1 ? '' : 's'}`, files: [], report };
  }
  if (action.action === 'snapshot') {
    const text = `${file}: ${formatCount(nodes ?? 0)} objects; the process stood still for ${formatDuration(pauseUs ?? 0)}`;
    return { text, files, report: undefined };
  }
  return { text: `kept as ${file}`, files, report: undefined };
};
