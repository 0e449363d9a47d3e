/**
 * The example projects under node:test and Mocha, as users run them: without flags, with memwatch in node_modules. Each
 * runs the part of its tests that the other does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeProject, run, samplePasses } from '../support/runners.js';
import { temporaryFolder } from '../support/targets.js';

test('the assertions work under node:test', async (t) => {
  const folder = temporaryFolder(t);
  makeProject('testing-node-test', folder, undefined);
  const { code, output } = await run(folder, [
    '--test',
    '--test-reporter=tap',
    '--test-name-pattern=/leaves nothing|looked at/',
  ]);
  assert.equal(code, 0, output);
  assert.match(output, /# pass 2\n/);
});

test('the assertions work under Mocha', (t) =>
  samplePasses(t, 'mocha', 'mocha/bin/mocha.js', /2 passing/, '--grep', 'never'));
