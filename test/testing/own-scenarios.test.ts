/** memwatch's own code does not leak: memwatch checks its own scenarios. `npm run soak` does so a hundred times. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { CheckReport } from '#memwatch/analyzer/model/check.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';

test('reading, analysing, costing and rendering over and over is clean', async () => {
  const files = readdirSync(repository('test/scenarios')).map((file) => `test/scenarios/${file}`);
  const options = { cwd: repository('.'), timeoutMs: 280_000, env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' } };
  const { stdout, stderr } = await memwatch(['check', ...files, '--jobs', '2', '--json'], options);
  assert.notEqual(stdout, '', stderr);
  const { scenarios } = JSON.parse(stdout) as CheckReport;
  assert.ok(scenarios.length >= 4);
  for (const { file, verdict, failure, reasons } of scenarios)
    assert.equal(verdict, 'clean', `${file}: ${failure?.message ?? reasons.join('\n')}`);
});
