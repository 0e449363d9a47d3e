/** The text of `memwatch why`. In: the document. Out: lines. */
import type { KeptInThread, KeptSite, WhyDocument } from '../analyzer/model/why.js';
import { showPlace } from './place.js';
import { escapeText, formatBytes, formatBytesDelta, formatCount, formatDuration } from './units.js';

/** `folder`: paths inside it are shown relative to it. */
export const renderWhy = (why: WhyDocument, folder: string): string => {
  const { pid, script, nodeVersion, startedMs, lastMs, ended } = why;
  const ran = formatDuration((lastMs - startedMs) * 1000);
  return [
    escapeText(`process ${pid ?? '?'} ${script}, Node ${nodeVersion}, ${ran} from its start to the last it wrote`),
    escapeText(ended.how),
    ...memoryLines(why),
    '',
    ...siteLines(why, folder),
    ...buffersLines(why),
    ...containerLines(why),
    ...why.workers.flatMap((one) => [
      '',
      `worker thread ${one.worker}:`,
      ...siteLines(one, folder),
      ...containerLines(one),
    ]),
    ...why.marks.map(({ timeMs, text }) => `${new Date(timeMs).toISOString()}  ${escapeText(text)}`),
    ...fileLines(why),
  ].join('\n');
};

const memoryLines = ({ memory, limits }: WhyDocument): string[] => {
  if (memory === null) return ['there are no readings: it ended within its first second'];
  const change = ([first, last]: readonly [number, number]): string => `${formatBytes(first)} to ${formatBytes(last)}`;
  const { heapUsedBytes, externalBytes, rssBytes } = memory;
  const sizes = `heap ${change(heapUsedBytes)}, outside the heap ${change(externalBytes)}, RSS ${change(rssBytes)}`;
  return [
    `in the last ${formatDuration(memory.overUs)}: ${sizes}`,
    ...limits.map(({ of, usedBytes, limitBytes }) => {
      const share = Math.round((100 * usedBytes) / limitBytes);
      return `limit of the ${of}: ${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} (${share}%)`;
    }),
  ];
};

const siteLines = ({ sites, samples }: KeptInThread, folder: string): string[] => {
  if (samples === 0) return ['no sample of what was alive: it ended too early'];
  if (sites.length === 0) return ['no function of the program keeps more than before'];
  const title =
    samples === 1
      ? 'alive in the only sample, by the function that allocated it:'
      : 'what grew, by the function that allocated it:';
  return [title, ...sites.flatMap((site) => siteAndAddsIn(site, folder))];
};

const buffersLines = ({ samples, memory }: WhyDocument): string[] => {
  if (memory === null || samples === 0) return [];
  const outside = memory.externalBytes[1] - memory.externalBytes[0];
  const heap = memory.heapUsedBytes[1] - memory.heapUsedBytes[0];
  return outside > heap ? ['more grew outside the heap (Buffers), where the samples do not see it'] : [];
};

const siteAndAddsIn = (site: KeptSite, folder: string): string[] => {
  const lines = site.addsIn.map((place) => showPlace(place, folder)).join(', ');
  const adds = site.addsIn.length === 1 ? 'kept by this line' : 'kept by one of these lines';
  return [siteLine(site, folder), ...(lines === '' ? [] : [escapeText(`      ${adds}: ${lines}`)])];
};

const siteLine = ({ grewBytes, liveBytes, calledFrom, ...made }: Omit<KeptSite, 'addsIn'>, folder: string): string => {
  const from = calledFrom === null ? '' : `, called from ${calledFrom.function} ${showPlace(calledFrom, folder)}`;
  return escapeText(
    `  ${formatBytesDelta(grewBytes)} (${formatBytes(liveBytes)} alive)  ${made.function} ${showPlace(made, folder)}${from}`,
  );
};

const containerLines = ({ containers, censuses }: KeptInThread): string[] =>
  containers.length === 0
    ? []
    : [
        censuses === 1 ? 'largest containers in the only census:' : 'containers that gained most entries:',
        ...containers.map(({ kind, size, grew, holds, heldBy }) => {
          const of = `${holds === '' ? '' : ` of ${holds}`}${heldBy === '' ? '' : `, ${heldBy}`}`;
          return escapeText(`  +${formatCount(grew)} (${formatCount(size)} now)  ${kind}${of}`);
        }),
      ];

const fileLines = ({ files }: WhyDocument): string[] => {
  const [sample] = files.filter((file) => file.endsWith('.heapprofile')).slice(-1);
  const [snapshot] = files.filter((file) => file.endsWith('.heapsnapshot')).slice(-1);
  const [cpu] = files.filter((file) => file.endsWith('.cpuprofile')).slice(-1);
  const lines = [
    ...(sample === undefined ? [] : [`memwatch alloc ${sample}    what was alive at the last sample`]),
    ...(snapshot === undefined ? [] : [`memwatch heap ${snapshot}    what held the memory`]),
    ...(cpu === undefined ? [] : [`memwatch cpu ${cpu}    what ran last`]),
  ];
  return lines.length === 0 ? [] : ['', ...lines.map(escapeText)];
};
