/** What `memwatch watch` has captured, as text. In: the event, and the text of its search for leaks. Out: lines. */
import type { WatchEvent } from '../analyzer/model/watch-event.js';
import { escapeText, formatBytes } from './units.js';

/** `2026-11-28T08:30:00.000Z server.js (process 1234): heap>80%: the used heap is …`. */
export const renderWatchTitle = ({ timeMs, script, pid, alarms }: WatchEvent): string => {
  const process = pid === null ? '' : ` (process ${pid})`;
  const reasons = alarms.map(({ condition, reason }) => `${condition}: ${reason}`);
  return escapeText(`${new Date(timeMs).toISOString()} ${script}${process}: ${reasons.join('; ')}`);
};

export const renderWatchReport = (event: WatchEvent, leaks: string): string => {
  const { rssBytes, heapUsedBytes, nodeVersion, sites, files, notes } = event;
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((one) => escapeText(`  ${one}`))];
  return [
    renderWatchTitle(event),
    escapeText(`RSS ${formatBytes(rssBytes)}, used heap ${formatBytes(heapUsedBytes)}, Node.js ${nodeVersion}`),
    ...(leaks === '' ? [] : ['', leaks]),
    ...part('Allocated meanwhile and still alive (sampled), by the function that allocates:', sites.map(siteLine)),
    ...part('Files:', files),
    ...part('Notes:', notes),
    '',
  ].join('\n');
};

const siteLine = ({ function: name, file, line, liveBytes }: WatchEvent['sites'][number]): string =>
  `${formatBytes(liveBytes)}  ${name} (${file}:${line})`;
