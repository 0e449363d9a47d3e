/** `memwatch lines <target> <file:function>`: the lines of a function of a running process, estimated from samples. */
import { withAttachment } from '../../agent/attach/attach.js';
import { threadsOf } from '../../agent/capture/cpu-profile.js';
import { findLiveFunction, type LiveFunction } from '../../agent/lines/live-function.js';
import { captureFunctionSamples, type FunctionSamples } from '../../agent/lines/sample.js';
import type { Selector } from '../../agent/lines/selector.js';
import type { Target } from '../../agent/attach/target.js';
import { computeSampledLines, type SampledLines } from '../../analyzer/cost/sampled-lines.js';
import { readCpuProfile } from '../../analyzer/formats/cpuprofile.js';
import { readHeapProfile } from '../../analyzer/formats/heapprofile.js';
import type { LinesResult } from '../../analyzer/model/lines.js';
import { MemwatchError } from '../../errors.js';
import { linesDocument, renderLines } from '../../report/lines-table.js';
import { formatCount, formatDuration, formatShare } from '../../report/units.js';
import type { Io } from '../io.js';

export interface SamplesOptions {
  readonly durationMs: number;
  readonly precise: boolean;
}

export const sampleProcess = async (
  target: Target,
  selector: Selector,
  options: SamplesOptions,
  io: Io,
): Promise<void> => {
  if (options.precise) {
    io.warn(
      `inlining is off for ${formatDuration(options.durationMs * 1000)}, so that each line gets its own time: ` +
        'the process uses 6 to 46 % more CPU (--no-precise leaves inlining on)',
    );
  }
  const { live, samples } = await capture(target, selector, options, io);
  const profile = readCpuProfile(samples.cpu);
  const allocations = samples.allocations === undefined ? undefined : readHeapProfile(samples.allocations);
  const sampled = computeSampledLines(live, profile, allocations);
  if (sampled.lines.lines.length === 0 && sampled.inlinedUs === 0) throw notSeen(live, profile.durationUs);
  const result: LinesResult = {
    functions: [sampled.lines],
    floor: { bytesPerHit: 0, usPerHit: 0 },
    notes: notesOf(sampled, profile.durationUs, options.precise),
  };
  io.print(linesDocument(result), () => renderLines(result, io));
};

const capture = async (
  target: Target,
  selector: Selector,
  options: SamplesOptions,
  io: Io,
): Promise<{ live: LiveFunction; samples: FunctionSamples }> => {
  const { signal, progress: onProgress } = io;
  return withAttachment(target, { signal, onProgress }, async (attachment) => {
    const live = await findLiveFunction(attachment, selector);
    const [thread] = await threadsOf(attachment, false);
    if (thread === undefined) throw new MemwatchError('not-found', 'the target has no thread to sample');
    const samples = await captureFunctionSamples(attachment, thread, live, { ...options, signal, onProgress });
    return { live, samples };
  });
};

const notSeen = ({ name, file, firstLine }: LiveFunction, durationUs: number): MemwatchError =>
  new MemwatchError(
    'not-found',
    `no sample in ${formatDuration(durationUs)} was on a line of ${name} itself (${file}:${firstLine})`,
    {
      hint: 'it was not called, ran too briefly, or spent its time in functions it calls (memwatch cpu shows those): sample longer (-d 1m), or count with --probe',
    },
  );

const notesOf = ({ samples, inlinedUs, lines }: SampledLines, durationUs: number, precise: boolean): string[] => {
  const allUs = lines.lines.reduce((sum, { timeUs = 0 }) => sum + timeUs, 0);
  const errorShare = 1 / Math.sqrt(Math.max(1, samples));
  return [
    `Statistical: ${formatCount(samples)} samples in ${formatDuration(durationUs)}, so a line's time is accurate to about ` +
      `${formatShare(errorShare)} of the whole. Times exclude called functions. A line without numbers was never ` +
      'sampled: too fast, not run, or optimized away.',
    ...(inlinedUs > 0.02 * (allUs + inlinedUs)
      ? [
          `${formatDuration(inlinedUs)} more went to functions that V8 had inlined here, on lines that V8 does not report.`,
        ]
      : []),
    ...(precise ? [] : ['Time of this function inlined into other functions is missing (--no-precise).']),
    ...(lines.allocation === undefined
      ? []
      : ['Allocations are known for the whole function only, and exclude Buffers; use --probe for lines and Buffers.']),
  ];
};
