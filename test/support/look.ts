/** `memwatch leaks` with short rounds, and with time to settle on a busy machine. */
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { memwatchJson } from './memwatch.js';
import type { StartedTarget } from './targets.js';

export const look = async (target: StartedTarget, ...options: readonly string[]): Promise<LeakReport> =>
  (await memwatchJson(['leaks', String(target.pid), '--interval', '400ms', '--max-time', '90s', ...options], {
    timeoutMs: 280_000,
  })) as unknown as LeakReport;
