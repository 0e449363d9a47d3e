/**
 * The evidence of one moment: a CPU profile, a sample of what stays alive, a census, a search for leaks without snapshots,
 * and one snapshot if the user asked for it. In: a process and what holds. Out: a folder of files, and the event. What
 * cannot be captured is noted. Nothing stays in the process.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { withAttachment } from '../../agent/attach/attach.js';
import type { Target } from '../../agent/attach/target.js';
import { writeJson } from '../../analyzer/model/escape.js';
import type { LeakReport } from '../../analyzer/model/finding.js';
import { formatPlace } from '../../analyzer/model/location.js';
import type { WatchEvent } from '../../analyzer/model/watch-event.js';
import { messageOf } from '../../errors.js';
import { writeOutput } from '../../files/output.js';
import type { Progress } from '../../progress.js';
import { hideValues } from '../../report/hide-values.js';
import { renderLeaks } from '../../report/leaks-text.js';
import { renderWatchReport } from '../../report/watch-text.js';
import { stepsFor, type Capturing, type EvidenceOptions } from './steps.js';
import type { EvidenceStore } from './store.js';

/** What is known when a condition holds. */
export type Moment = Pick<
  WatchEvent,
  'timeMs' | 'pid' | 'script' | 'nodeVersion' | 'alarms' | 'rssBytes' | 'heapUsedBytes'
>;

/** Throws `cannot-write`, `no-room`. */
export const captureEvidence = async (
  target: Target,
  moment: Moment,
  store: EvidenceStore,
  options: EvidenceOptions,
  io: Progress,
): Promise<WatchEvent> => {
  const folder = store.create(moment.timeMs, moment.pid);
  const notes: string[] = [];
  const found: Capturing['found'] = { sites: [], leaks: undefined };
  const { mostBytes } = store;
  const noting = { ...io, warn: (text: string) => void notes.push(text) };
  try {
    await withAttachment(target, { signal: io.signal, onProgress: io.progress }, (attachment) =>
      takeSteps({ attachment, folder, mostBytes, options, io: noting, found }),
    );
  } catch (error) {
    if (!notes.some((note) => note.endsWith(messageOf(error)))) notes.push(messageOf(error));
  }
  store.makeRoom();
  const leaks = found.leaks === undefined ? '' : renderLeaks(found.leaks, 100);
  const event: WatchEvent = {
    schema: 'memwatch/watch@1',
    ...moment,
    folder,
    files: readdirSync(folder).toSorted(),
    verdict: found.leaks?.verdict ?? null,
    findings: findingsOf(found.leaks),
    sites: found.sites,
    notes,
  };
  writeOutput(join(folder, 'report.txt'), renderWatchReport(event, leaks));
  writeOutput(join(folder, 'event.json'), writeJson(event, 2));
  return event;
};

/** What a step cannot do is noted in the place of `io.warn`, and the next is taken. */
const takeSteps = async (capturing: Capturing): Promise<void> => {
  const { attachment, io, options } = capturing;
  for (const { what, capture } of stepsFor(options)) {
    if (io.signal.aborted || attachment.ending.aborted)
      io.warn(`${what}: ${io.signal.aborted ? 'memwatch was stopped' : 'the process ended'} before`);
    else await capture(capturing).catch((error: unknown) => io.warn(`${what}: ${messageOf(error)}`));
  }
};

const findingsOf = (leaks: LeakReport | undefined): WatchEvent['findings'] =>
  leaks === undefined
    ? []
    : hideValues(leaks).findings.map(({ title, location }) => ({
        title,
        place: location === null ? null : formatPlace(location),
      }));
