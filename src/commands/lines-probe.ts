/** `memwatch lines <target> <file:function> --probe`: exact counts of a live process; risk and cost are said before it. */
import { attach } from '../agent/attach/attach.js';
import { findLiveFunction, type LiveFunction } from '../agent/lines/live-function.js';
import { captureProbe, type ProbeResult } from '../agent/lines/probe.js';
import type { Selector } from '../agent/lines/selector.js';
import type { Target } from '../agent/attach/target.js';
import { computeFunctionLines } from '../analyzer/cost/lines-result.js';
import type { FunctionLines, LinesResult } from '../analyzer/model/lines.js';
import { linesDocument, renderLines } from '../report/lines-table.js';
import { escapeText, formatCount, formatDuration } from '../report/units.js';
import type { Io } from './io.js';

/** What is left of a probe's own bytes after they were taken off: 1 KB a hit was measured at most. */
const bytesPerHit = 1024;

export const probeProcess = async (
  target: Target,
  selector: Selector,
  limits: { durationMs: number; maxHits: number },
  io: Io,
): Promise<number | undefined> => {
  const attachment = await attach(target, { signal: io.signal, onProgress: io.progress });
  let probed: ProbeResult;
  try {
    const live = await findLiveFunction(attachment, selector);
    for (const line of warningOf(live, limits)) io.warn(line);
    probed = await captureProbe(attachment, live, { ...limits, signal: io.signal, onProgress: io.progress });
  } finally {
    await attachment.detach();
  }
  const functions = computeFunctionLines([probed.counted]);
  const floor = { bytesPerHit, usPerHit: Math.ceil(probed.probeUs) };
  const result: LinesResult = { functions, floor, notes: functions.flatMap((one) => notesOf(one, probed)) };
  io.print(linesDocument(result), () => renderLines(result, io));
  return probed.ended === 'interrupted' ? 130 : undefined;
};

/** V8 reads the function anew for a condition: 12 to 60 us were measured, and 0.7 us for each of its lines; a hit has two. */
const warningOf = (live: LiveFunction, { durationMs, maxHits }: { durationMs: number; maxHits: number }): string[] => {
  const lengthUs = 1.4 * (live.lastLine - live.firstLine);
  const each = `${formatDuration(Math.round(24 + lengthUs))} to ${formatDuration(Math.round(120 + lengthUs))}`;
  return [
    `--probe sets breakpoints that record and never pause in ${escapeText(live.name)} (${escapeText(live.file)}:${live.firstLine}), and removes them after it.`,
    `  cost: each line of it that runs takes the process ${each} more, for at most ${formatDuration(durationMs * 1000)} or ${formatCount(maxHits)} hits.`,
    `  risk: V8's debugger has faults: set in another way, such breakpoints have ended processes; set in this way, in hot`,
    '  code, none in over a thousand tries, which is no proof: not for a process that must never stop. Ctrl-C ends it early.',
  ];
};

const notesOf = (one: FunctionLines, { ended, unreachable, probeUs }: ProbeResult): string[] => {
  const untimed = one.lines.filter(({ untimedHits }) => untimedHits > 0);
  return [
    `Counted by breakpoints: hits are exact; times and bytes are what is left after the probes' own cost was taken off, here ${formatDuration(2 * probeUs)} at each hit.`,
    ...(ended === 'hits' ? ['It ended at its limit of hits (--max-hits), before the time was over.'] : []),
    ...(ended === 'target ended' ? ['The process ended before the time was over.'] : []),
    ...untimed.map(
      ({ line, hits = 0, untimedHits }) =>
        `Line ${line}: ${formatCount(untimedHits)} of ${formatCount(hits)} hits are not timed: it waited there, threw, or called itself.`,
    ),
    ...(unreachable.length === 0 ? [] : [`V8 cannot break on line ${unreachable.join(', ')}: not counted.`]),
  ];
};
