/** memwatch's own code does not leak: memwatch checks its own scenarios as one. `npm run soak` checks each, a hundred times. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CheckReport } from '#memwatch/analyzer/model/check.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

/** A scenario whose every call calls each of the given ones. */
const together = (files: readonly string[]): string => `
  const all = await Promise.all(${JSON.stringify(files)}.map((file) => import(file)));
  export const setup = () => all.map((one) => one.setup?.());
  export const iterate = async (contexts, i) => {
    for (const [n, one] of all.entries()) await one.iterate(contexts[n], i);
  };`;

test('reading, analysing, costing and rendering over and over is clean', async (t) => {
  const folder = temporaryFolder(t);
  const files = readdirSync(repository('test/scenarios')).map((file) => repository(`test/scenarios/${file}`));
  assert.ok(files.length >= 4);
  writeFileSync(join(folder, 'all.mjs'), together(files));
  const { stdout, stderr } = await memwatch(['check', 'all.mjs', '--json'], {
    cwd: folder,
    timeoutMs: 280_000,
    env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' },
  });
  assert.notEqual(stdout, '', stderr);
  for (const { verdict, failure, reasons } of (JSON.parse(stdout) as CheckReport).scenarios)
    assert.equal(verdict, 'clean', failure?.message ?? reasons.join('\n'));
});
