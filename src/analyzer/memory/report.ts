/** The memory report of a process. In: readings of one process, oldest first. Out: a MemoryReport. */
import { MemwatchError } from '../../errors.js';
import type { MemoryReading, MemoryReport } from '../model/memory.js';
import { findAdvice } from './advice.js';
import { computeForecast, figuresOfMemory } from './forecast.js';
import { computeTrimmed } from './malloc-advice.js';
import { computeParts, totalRss } from './parts.js';

/** Throws `bad-argument` if there is no reading. */
export const reportOfMemory = (pid: number, readings: readonly MemoryReading[]): MemoryReport => {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined)
    throw new MemwatchError('bad-argument', 'there is no reading of the memory');
  const parts = computeParts(last, readings.length > 1 ? first : undefined);
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
    forecast: computeForecast(figuresOfMemory(readings)),
    advice: findAdvice(last, parts, first),
    warnings,
    readUs: last.readUs,
  };
};
