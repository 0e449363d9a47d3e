/**
 * Assertions for users' own test runners: node:test, Vitest, Jest, Mocha, or none. They run the body in the process of
 * the test, need no flag on the command line, and leave nothing switched on.
 *
 *   await expectNoLeak(async () => { await handle(request); });
 */
export { MemwatchError } from '../errors.js';
export type { CheckFinding } from '../analyzer/model/check.js';
export type { Finding, Verdict } from '../analyzer/model/finding.js';
export type { Body } from '../leaks/body-subject.js';
export { limitMemory, MemoryLimitError, type MemoryLimits, type MemoryUse } from './limit-memory.js';
export {
  expectNoLeak,
  LeakError,
  trackGrowth,
  type GrowthOptions,
  type GrowthReport,
  type LeakOptions,
} from './track-growth.js';
