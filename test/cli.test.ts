import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createIo } from '#memwatch/commands/io.js';
import { memwatch } from './support/memwatch.js';
import { repository } from './support/paths.js';
import { temporaryFolder } from './support/targets.js';

test('what the command line cannot mean ends with exit code 2, one line what and one line what next', async () => {
  const cases: [string[], RegExp][] = [
    [['frob'], /^memwatch: unknown command: frob\n {2}run memwatch --help to list the commands\n$/],
    [
      ['leek', '1'],
      /^memwatch: unknown command: leek\n {2}did you mean leaks\? run memwatch --help to list the commands\n$/,
    ],
    [['--json'], /^memwatch: no command given\n {2}run memwatch --help to list the commands\n$/],
    [['ps', '--frob'], /^memwatch: there is no option --frob\n {2}memwatch ps --help shows what it takes\n$/],
    [
      ['heap', 'x', '--limt', '3'],
      /^memwatch: there is no option --limt\n {2}did you mean --limit\? memwatch heap --help .*\n$/,
    ],
    [
      ['cpu', '1', '--sort', 'frob'],
      /^memwatch: --sort frob: it takes .*, .*\n {2}memwatch cpu --help shows what it takes\n$/,
    ],
    [
      ['export', 'x', '--to', 'frob'],
      /^memwatch: --to frob: it takes pprof, speedscope, .*\n {2}memwatch export --help shows what it takes\n$/,
    ],
    [['export', 'x'], /^memwatch: --to is missing: it takes pprof, speedscope, .*\n {2}memwatch export --help/],
    [['heap', '/tmp'], /^memwatch: cannot read \/tmp: it is a folder\n/],
    [['view', '/tmp'], /^memwatch: cannot read \/tmp: it is a folder\n/],
    [['diff', '/nowhere', '/nowhere2'], /^memwatch: cannot read \/nowhere: there is no such file\n/],
    [['attach', '1', '--interval', '1ms'], /^memwatch: --interval is at least 100ms\n/],
    [['check', 'x', '--timeout', 'soon'], /^memwatch: --timeout: not a duration: soon\n {2}write 500ms, 10s or 2m\n/],
    [['plot'], /^memwatch: an argument is missing\n {2}memwatch plot --help shows what it takes\n$/],
    [['cpu', 'frob'], /^memwatch: no Node process that this user can see runs frob\n {2}a target is .*\n/],
  ];
  for (const [args, stderr] of cases) {
    const run = await memwatch(args);
    assert.deepEqual([run.code, run.stdout], [2, ''], args.join(' '));
    assert.match(run.stderr, stderr);
  }
});

test('an error about an option names it with its dashes, as it was typed', async () => {
  const cases: [string[], string][] = [
    [['cpu', '1', '--max-rss', '3', '--frob.a=1', '--no-frab'], 'there are no options --max-rss, --frob.a, --no-frab'],
    [['ps', '-xy'], 'there are no options -x, -y'],
    [['ps', 'foo'], 'ps does not take foo'],
    [['--watch', 'ps'], 'write --watch after ps'],
    [['heap', 'x', '--limit'], '--limit has no value'],
    [['cpu', '1', '-d'], '-d has no value'],
    [['export', 'x', '--to'], '--to has no value: it takes pprof, speedscope, collapsed, svg, html, parquet, md'],
    [['run', '--node-option'], '--node-option has no value'],
    [['attach', '1', '--count', 'many'], '--count takes a number'],
    [['cpu', '1', '--duration', '1s', '-d', '2s'], '--duration stands twice: give it once'],
    [['snapshot', '1', '--after', 'noon'], '--after: not a duration: noon'],
    [['check', 'x', '--max-heap', 'much'], '--max-heap: not a size: much'],
    [['record', '1', '--max-size', 'much'], '--max-size: not a size: much'],
    [['watch', '1'], '--keep is missing'],
    [['query', 'x', '--csv', '--json'], '--csv and --json exclude each other'],
  ];
  for (const [args, what] of cases) {
    const run = await memwatch(args);
    assert.deepEqual([run.code, run.stderr.split('\n')[0]], [2, `memwatch: ${what}`], args.join(' '));
  }
});

test('memwatch alone shows its help, with every command', async () => {
  const run = await memwatch([]);
  assert.equal(run.code, 0);
  for (const name of ['ps', 'attach', 'leaks', 'heap', 'cpu', 'lines', 'check', 'view', 'export'])
    assert.match(run.stdout, new RegExp(`memwatch ${name}`));
});

test('an error shows a stack trace only with --debug', async () => {
  const [plain, debug] = [await memwatch(['heap', '/dev/null']), await memwatch(['heap', '/dev/null', '--debug'])];
  assert.doesNotMatch(plain.stderr, /\n\s+at /);
  assert.match(debug.stderr, /\n\s+at /);
});

test('help and version are what one types first, wherever memwatch is run', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'package.json'), '{"version":"99.0.0"}');
  const { version } = JSON.parse(readFileSync(repository('package.json'), 'utf8')) as { version: string };
  for (const args of [['--version'], ['-v'], ['cpu', '--version']])
    assert.equal((await memwatch(args, { cwd: folder })).stdout, `${version}\n`);
  for (const args of [
    ['help', 'leaks'],
    ['leaks', '-h'],
    ['leaks', 'no-target', '--help'],
  ])
    assert.match((await memwatch(args)).stdout, /^memwatch leaks \[targets\.\.\]\n/);
  for (const args of [['-h'], ['help']]) assert.match((await memwatch(args)).stdout, /Commands:\n {2}memwatch ps/);
});

test('the list of commands loads neither a command nor what parses its options', async () => {
  const run = await memwatch(['--help'], { env: { NODE_DEBUG: 'esm' } });
  assert.match(run.stderr, /commands\/help\.js/);
  assert.doesNotMatch(run.stderr, /yargs|commands\/ps\.js|session\/protocol\.js/);
});

test('without a terminal, progress is a whole line now and then, and none of a command that is quick', (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const written: unknown[] = [];
  t.mock.method(process.stderr, 'write', (text: unknown) => written.push(text) > 0);
  if (process.stderr.isTTY) return t.skip('stderr is a terminal');
  const nothing = (): void => {};
  const { progress } = createIo(false, AbortSignal.abort(), { endAtOnce: nothing, afterwards: nothing });
  for (const [at, text] of [
    [9, 'begins'],
    [11, 'round 1'],
    [12, 'round 2'],
    [22, 'round 3'],
    [40, ''],
  ] as const) {
    nowMs = at * 1000;
    progress(text);
  }
  assert.deepEqual(written, ['round 1\n', 'round 3\n']);
});
