import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memwatch } from './support/memwatch.js';

test('what the command line cannot mean ends with exit code 2, one line what and one line what next', async () => {
  const cases: [string[], RegExp][] = [
    [['frob'], /^memwatch: Unknown command: frob\n {2}memwatch --help lists the commands\n$/],
    [['ps', '--frob'], /^memwatch: Unknown argument: frob\n {2}memwatch ps --help shows what it takes\n$/],
    [['cpu', '1', '--sort', 'frob'], /^memwatch: Invalid values: .*\n {2}memwatch cpu --help shows what it takes\n$/],
    [['heap'], /^memwatch: Not enough .*\n {2}memwatch heap --help shows what it takes\n$/],
    [['cpu', 'frob'], /^memwatch: not a target: frob\n {2}a target is .*\n$/],
  ];
  for (const [args, stderr] of cases) {
    const run = await memwatch(args);
    assert.deepEqual([run.code, run.stdout], [2, ''], args.join(' '));
    assert.match(run.stderr, stderr);
  }
});

test('memwatch alone shows its help, with every command', async () => {
  const run = await memwatch([]);
  assert.equal(run.code, 0);
  for (const name of ['ps', 'attach', 'leaks', 'heap', 'cpu', 'lines', 'check', 'view', 'export'])
    assert.match(run.stdout, new RegExp(`memwatch ${name}`));
});

test('an error shows a stack trace with --debug alone', async () => {
  const [plain, debug] = [await memwatch(['heap', '/dev/null']), await memwatch(['heap', '/dev/null', '--debug'])];
  assert.doesNotMatch(plain.stderr, /\n\s+at /);
  assert.match(debug.stderr, /\n\s+at /);
});
