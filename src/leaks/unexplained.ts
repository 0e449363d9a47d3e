/**
 * Memory that rose in every round although nothing that was followed gained: that is not clean, and no leak was proved.
 * In: a report, figures at the end of each round. Out: the report, or an inconclusive one with what rose as its reason.
 */
import { gainsOf, isSlowing } from '../analyzer/growth/evidence.js';
import type { LeakReport } from '../analyzer/model/finding.js';
import { formatBytes } from '../report/units.js';

/** Less is what V8 and a program that warms up gain by themselves. */
const leastBytes = 512 * 1024;
const leastShare = 0.05;
const leastReadings = 4;

export const withUnexplained = (
  report: LeakReport,
  heapBytes: readonly number[],
  externalBytes: readonly number[],
): LeakReport => {
  if (report.verdict !== 'clean') return report;
  const rose = [
    ...roseIn('the collected heap', heapBytes),
    ...roseIn('what it holds outside (Buffers, typed arrays, WebAssembly)', externalBytes),
  ];
  if (rose.length === 0) return report;
  const advice = 'what grows may be made anew each time, or come by fits: longer rounds (--interval 30s) tell more';
  return { ...report, verdict: 'inconclusive', reasons: [...rose, advice, ...report.reasons] };
};

const roseIn = (what: string, figures: readonly number[]): string[] => {
  const gains = gainsOf(figures);
  const all = (figures.at(-1) ?? 0) - (figures[0] ?? 0);
  const rose = figures.length >= leastReadings && gains.every((gain) => gain > 0) && !isSlowing(gains);
  if (!rose || all < Math.max(leastBytes, leastShare * figures[0])) return [];
  return [
    `${what} rose in each of ${gains.length} rounds, although nothing that can be named gained: ${figures.map(formatBytes).join(' → ')}`,
  ];
};
