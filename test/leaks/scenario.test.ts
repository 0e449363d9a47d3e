/** What a check reports when there is nothing to judge: a scenario that is none, an interrupt, a service that is not there. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkScenario, emptyReport } from '#memwatch/leaks/scenario.js';
import { checkService, type ServiceOptions } from '#memwatch/leaks/service.js';
import { temporaryFolder } from '../support/targets.js';

test('a report in which nothing is known has no verdict, and no failure yet', () => {
  const { file, verdict, failure, findings, limits, rounds } = emptyReport('leaks/cart.mjs');
  assert.deepEqual([file, verdict, failure, findings, limits, rounds], ['leaks/cart.mjs', 'failed', null, [], [], 0]);
});

test('a module without iterate is a failure in the report, under the name that was given; its output is kept', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'empty.mjs');
  writeFileSync(file, "console.log('loading'); export const setup = () => {};");
  const artifacts = join(folder, 'kept');
  const report = await checkScenario(file, { name: 'the empty one', artifacts });
  assert.deepEqual([report.file, report.passed, report.verdict], ['the empty one', false, 'failed']);
  assert.equal(report.failure?.kind, 'unusable');
  assert.match(report.failure?.message ?? '', /iterate/);
  assert.ok(report.durationUs > 0);
  assert.ok(existsSync(join(artifacts, 'output.txt')));
});

const options: ServiceOptions = { intervalMs: 1, load: undefined, timeoutMs: 1000, maxMs: 1000, artifacts: undefined, limits: {} }; // prettier-ignore
const io = (signal = new AbortController().signal) => ({ signal, progress: () => {}, warn: () => {} });

test('a check that was interrupted is no failure of the scenario or the service', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'cart.mjs');
  writeFileSync(file, 'export const iterate = () => {};');
  await assert.rejects(checkScenario(file, { signal: AbortSignal.abort() }), { code: 'interrupted' });
  const nobody = { kind: 'pid', pid: 2 ** 30 } as const;
  await assert.rejects(checkService(nobody, options, io(AbortSignal.abort())), { code: 'interrupted' });
});

test('a service that cannot be attached to is an error of the command, not a finding', async () => {
  await assert.rejects(checkService({ kind: 'pid', pid: 2 ** 30 }, options, io()), { code: 'no-such-process' });
});
