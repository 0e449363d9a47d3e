/** The example projects under the runner they are for, as a user runs them: no flag, memwatch in node_modules. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { installRunner, makeProject, type Runner } from '../support/runners.js';
import { temporaryFolder } from '../support/targets.js';

const run = (folder: string, args: readonly string[]): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, CI: 'true' }, stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    const timer = setTimeout(() => child.kill('SIGKILL'), 280_000);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });

const passes = async (
  t: TestContext,
  runner: Runner,
  bin: string,
  passed: RegExp,
  ...args: string[]
): Promise<void> => {
  const modules = installRunner(runner);
  if (modules === undefined) return t.skip(`npm cannot fetch ${runner}`);
  const folder = temporaryFolder(t);
  makeProject(`testing-${runner}`, folder, modules);
  const { code, output } = await run(folder, [join('node_modules', bin), ...args]);
  assert.equal(code, 0, output);
  assert.match(output, passed);
};

test('the assertions work under node:test', async (t) => {
  const folder = temporaryFolder(t);
  makeProject('testing-node-test', folder, undefined);
  const { code, output } = await run(folder, ['--test', '--test-reporter=tap']);
  assert.equal(code, 0, output);
  assert.match(output, /# pass 4\n/);
});

test('the assertions work under Vitest', (t) => passes(t, 'vitest', 'vitest/vitest.mjs', /3 passed/, 'run'));

test('the assertions work under Jest, in CommonJS', (t) => passes(t, 'jest', 'jest/bin/jest.js', /3 passed/));

test('the assertions work under Mocha', (t) => passes(t, 'mocha', 'mocha/bin/mocha.js', /3 passing/));
