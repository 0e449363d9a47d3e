/** A device that has no end and a pipe that nobody writes to are refused as input, at once, by every command that reads files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { temporaryFolder } from '../support/targets.js';

test('what is no regular file is not read', async (t) => {
  const folder = temporaryFolder(t);
  const [pipe, scenario] = [join(folder, 'pipe'), join(folder, 'scenario.mjs')];
  execFileSync('mkfifo', [pipe]);
  writeFileSync(scenario, 'export const iterate = () => {}');
  const refused = (file: string): RegExp => new RegExp(`^memwatch: cannot read ${file}: it is not a regular file\\n`);
  const readers = (file: string): string[][] => [
    ['heap', file],
    ['waste', file],
    ['leaks', file, scenario, '/dev/full'],
    ['diff', file, file],
    ['plot', file],
    ['audit', file],
    ['export', file, '--to', 'svg', '-o', join(folder, 'x.svg')],
    ['view', file],
    ['check', file],
    ['check', scenario, '--baseline', file],
    ['check', scenario, '--baseline', file, '--update-baseline'],
  ];
  const refuses = async (file: string, args: string[]): Promise<void> => {
    const run = await memwatch(args, { timeoutMs: 120_000 });
    assert.deepEqual([run.code, run.stdout], [2, ''], args.join(' '));
    assert.match(run.stderr, refused(file), args.join(' '));
  };
  await Promise.all(readers(pipe).map((args) => refuses(pipe, args)));
  const endless = readers('/dev/zero').filter(([command]) => command === 'plot' || command === 'check');
  await Promise.all(endless.map((args) => refuses('/dev/zero', args)));
});

test('a program is started from a regular file', { skip: process.platform === 'win32' }, async (t) => {
  const pipe = join(temporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const script of [pipe, '/dev/zero']) {
    const run = await memwatch(['record', '-d', '1s', '--', script]);
    assert.equal(run.code, 2);
    assert.match(run.stderr, new RegExp(`cannot start ${script}: it is not a regular file\n`));
  }
});

test('a baseline that is empty is said to be, and can be filled', async (t) => {
  const folder = temporaryFolder(t);
  const [baseline, scenario] = [join(folder, 'baseline.json'), join(folder, 'scenario.mjs')];
  writeFileSync(baseline, '');
  writeFileSync(scenario, 'export const iterate = () => {}');
  const compared = await memwatch(['check', scenario, '--baseline', baseline]);
  assert.match(compared.stderr, /baseline\.json is empty\n {2}run with --update-baseline to fill it\n/);
  const filled = await memwatch(['check', scenario, '--baseline', baseline, '--update-baseline']);
  assert.equal(filled.code, 0, filled.stderr);
});

test('a folder is asked for where a folder is needed, and snapshots that are named twice are said to be', async () => {
  const snapshot = repository('test/fixtures/snapshots/node-24.heapsnapshot.gz');
  const kept = await memwatch(['leaks', '1', '--keep', '/dev/null']);
  assert.match(kept.stderr, /will not write to \/dev\/null: it is not a folder\n {2}name another folder\n/);
  const twice = await memwatch(['leaks', snapshot, snapshot, snapshot]);
  assert.match(twice.stderr, /^memwatch: .*\.gz is named twice: give different snapshots\n/);
});
