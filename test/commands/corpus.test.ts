import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { repository } from '../support/paths.js';

/** The part of the corpus that takes little time; `npm run corpus` runs all of it, in all ways. */
const quick = ['debug', 'tiny-lru'];

test('leaks of real npm releases are found, their twins are clean', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = spawnSync(process.execPath, [repository('bench/corpus.mjs'), ...quick, '--by', 'files'], {
    env,
    encoding: 'utf8',
    timeout: 280_000,
  });
  assert.equal(run.status, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /2 of 2 leaks found, the right thing first in 2; 0 false alarms on 2 twins/);
});
