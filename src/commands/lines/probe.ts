/** `memwatch lines <target> <file:function> --probe`: exact counts of a live process; prints the risk and the cost first. */
import { withAttachment } from '../../agent/attach/attach.js';
import { findLiveFunction, type LiveFunction } from '../../agent/lines/live-function.js';
import { captureProbe, type ProbeResult } from '../../agent/lines/probe.js';
import type { Selector } from '../../agent/lines/selector.js';
import type { Target } from '../../agent/attach/target.js';
import { computeFunctionLines } from '../../analyzer/cost/lines-result.js';
import type { FunctionLines, LinesResult } from '../../analyzer/model/lines.js';
import { linesDocument, renderLines } from '../../report/lines-table.js';
import { escapeText, formatCount, formatDuration } from '../../report/units.js';
import type { Io } from '../io.js';

/** Error left after subtracting the probe's own bytes: at most 1 KB per hit was measured. */
const bytesPerHit = 1024;

export const probeProcess = async (
  target: Target,
  selector: Selector,
  limits: { durationMs: number; maxHits: number },
  io: Io,
): Promise<number | undefined> => {
  const attaching = { signal: io.signal, onProgress: io.progress };
  const probed = await withAttachment(target, attaching, async (attachment) => {
    const live = await findLiveFunction(attachment, selector);
    for (const line of warningOf(live, limits)) io.warn(line);
    return captureProbe(attachment, live, { ...limits, ...attaching });
  });
  const functions = computeFunctionLines([probed.counted]);
  const floor = { bytesPerHit, usPerHit: Math.ceil(probed.probeUs) };
  const result: LinesResult = { functions, floor, notes: functions.flatMap((one) => notesOf(one, probed)) };
  io.print(linesDocument(result), () => renderLines(result, io));
  return probed.ended === 'interrupted' ? 130 : undefined;
};

/** V8 parses the function again for each condition: measured 12 to 60 us, plus 0.7 us per line; a hit has two conditions. */
const warningOf = (live: LiveFunction, { durationMs, maxHits }: { durationMs: number; maxHits: number }): string[] => {
  const lengthUs = 1.4 * (live.lastLine - live.firstLine);
  const [leastUs, mostUs] = [Math.round(24 + lengthUs), Math.round(120 + lengthUs)];
  const each = (runs: number): string => `${formatDuration(runs * leastUs)} to ${formatDuration(runs * mostUs)}`;
  return [
    `--probe sets breakpoints that record and never pause in ${escapeText(live.name)} (${escapeText(live.file)}:${live.firstLine}), and removes them after it.`,
    `  cost: each run of one of its lines takes ${each(1)} longer, for at most ${formatDuration(durationMs * 1000)} or ${formatCount(maxHits)} hits,`,
    `  and then until the event loop turns: if one turn runs its lines 100,000 times, the process stands still for ${each(100_000)}.`,
    `  risk: V8's debugger has bugs: breakpoints of another kind have crashed processes. This kind crashed none in over a`,
    '  thousand runs in hot code. This is not a proof: do not use it on a process that must never stop. Ctrl-C ends it early.',
  ];
};

const notesOf = (one: FunctionLines, { ended, unreachable, probeUs }: ProbeResult): string[] => {
  const untimed = one.lines.filter(({ untimedHits }) => untimedHits > 0);
  return [
    `Counted by breakpoints: hits are exact; the probes' own cost (here ${formatDuration(2 * probeUs)} per hit) is subtracted from times and bytes.`,
    ...(ended === 'hits' ? ['It stopped early, at the limit of --max-hits.'] : []),
    ...(ended === 'target ended' ? ['The process ended early.'] : []),
    ...untimed.map(
      ({ line, hits = 0, untimedHits }) =>
        `Line ${line}: ${formatCount(untimedHits)} of ${formatCount(hits)} hits have no time: the line awaited, threw, or called the function again.`,
    ),
    ...(unreachable.length === 0 ? [] : [`V8 cannot set a breakpoint on line ${unreachable.join(', ')}: not counted.`]),
  ];
};
