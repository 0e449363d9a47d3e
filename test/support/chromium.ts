/** Opens pages in a real browser. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './targets.js';

export const hasChromium = spawnSync('chromium', ['--version'], { stdio: 'ignore' }).error === undefined;

/** Returns the document as it is when its scripts have run. */
export const openInChromium = (t: TestContext, file: string, more: readonly string[] = []): string => {
  const profile = mkdtempSync(join(temporaryFolder(t), 'chromium-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${profile}`,
    '--virtual-time-budget=3000',
    ...more,
  ];
  return execFileSync('chromium', [...flags, '--dump-dom', `file://${file}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
    maxBuffer: 64 * 2 ** 20,
  });
};
