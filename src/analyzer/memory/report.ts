/** The memory report of a process. In: what was read of it so far. Out: a MemoryReport. */
import type { MemoryReport } from '../model/memory.js';
import { findAdvice } from './advice.js';
import { computeTrimmed } from './malloc-advice.js';
import { totalRss } from './parts.js';
import { forecastOf, partsOf, watchOf, type Watched } from './watched.js';

export const reportOfMemory = (pid: number, watched: Watched): MemoryReport => {
  const { first, last } = watched;
  const parts = partsOf(watched);
  const rssBytes = totalRss(last.mappings);
  const unknownBytes = parts.find(({ owner }) => owner === 'other')?.rssBytes ?? 0;
  const warnings = last.silentThreads.map((thread) => `${thread} did not answer: its heap is not known`);
  if (last.mappings.some(({ path }) => path === '[not listed]'))
    warnings.push(
      'this system does not list the mappings of a process: V8 counts some of its memory, the rest is one part',
    );
  if (last.unseenLimits !== null) warnings.push(last.unseenLimits);
  return {
    schema: 'memwatch/memory@1',
    pid,
    nodeVersion: last.nodeVersion,
    rssBytes,
    accountedBytes: rssBytes - unknownBytes,
    swapBytes: last.mappings.reduce((sum, mapping) => sum + mapping.swapBytes, 0),
    parts,
    heaps: last.isolates,
    limits: last.limits,
    pageCache: last.pageCache,
    pressure: last.pressure,
    oomKills: last.oomKills,
    allocator: last.allocator,
    trimmed: computeTrimmed(last),
    watch: watchOf(watched),
    forecast: forecastOf(watched),
    advice: findAdvice(last, parts, first),
    warnings,
    readUs: last.readUs,
  };
};
