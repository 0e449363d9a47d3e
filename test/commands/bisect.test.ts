/** `memwatch bisect`: which releases it tries, what it copies and installs, and what it finds. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { findTurn, versionsBetween, type Judgement } from '#memwatch/commands/releases/bisection.js';
import { copyProject } from '#memwatch/files/project-copy.js';
import { messageOf } from '#memwatch/errors.js';
import { runInProcess } from '../support/in-process.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startRegistry } from '../support/registry.js';
import { temporaryFolder } from '../support/targets.js';

const noRegistry =
  process.env['MEMWATCH_TEST_REGISTRY'] === undefined &&
  'it installs packages from the npm registry: set MEMWATCH_TEST_REGISTRY=1 to run it';

test('bisect tries what lies between two releases, in their direction; prereleases only if asked for', () => {
  const all = ['1.0.0', '1.1.0', '1.2.0-rc.1', '1.2.0', '1.3.0-beta', '1.3.0', '2.0.0'];
  const between = (good: string, bad: string, prereleases = false): string =>
    versionsBetween(all, good, bad, prereleases).join(' ');
  assert.equal(between('1.0.0', '1.3.0'), '1.0.0 1.1.0 1.2.0 1.3.0');
  assert.equal(between('1.3.0', '1.1.0'), '1.3.0 1.2.0 1.1.0');
  assert.equal(between('1.1.0', '1.3.0', true), '1.1.0 1.2.0-rc.1 1.2.0 1.3.0-beta 1.3.0');
  assert.equal(between('1.2.0-rc.1', '1.3.0-beta'), '1.2.0-rc.1 1.2.0 1.3.0-beta');
  assert.equal(between('1.3.0', '2.0.0'), '1.3.0 2.0.0');
});

test('the turn from good to bad is the one that the slow way finds, over releases without a verdict', async () => {
  const versions = Array.from({ length: 14 }, (_, at) => `1.${at}.0`);
  for (let turn = 1; turn < versions.length; turn++) {
    for (const unknown of [[], [3], [turn], [turn - 1, turn, turn + 1], [5, 6, 7, 8]]) {
      const judge = async (version: string): Promise<Judgement> => {
        const at = versions.indexOf(version);
        return unknown.includes(at) ? 'unknown' : at < turn ? 'good' : 'bad';
      };
      const isKnown = (at: number): boolean => at === 0 || at === versions.length - 1 || !unknown.includes(at);
      const lastGood = versions.findLast((_, at) => at < turn && isKnown(at));
      const firstBad = versions.find((_, at) => at >= turn && isKnown(at));
      const found = await findTurn(versions, judge);
      assert.deepEqual([found.lastGood, found.firstBad], [lastGood, firstBad], `${turn} ${unknown}`);
    }
  }
});

/** A package whose first release keeps what it is given. */
const thing = (version: string): string =>
  `const kept = [];\nexports.take = (one) => { ${version === '1.0.0' ? 'kept.push(one);' : ''} };\n`;

test('bisect finds the release that mended a leak, by npm and a registry, where modules are links', async (t) => {
  const [folder, outside] = [temporaryFolder(t), temporaryFolder(t)];
  const address = await startRegistry(t, 'thing', ['1.0.0', '1.1.0', '1.2.0'], thing);
  const env = { npm_config_registry: address, npm_config_cache: temporaryFolder(t) };
  writeFileSync(join(outside, 'take.cjs'), "exports.take = require('thing').take;");
  symlinkSync(join(outside, 'take.cjs'), join(folder, 'take.cjs'));
  const scenario = join(folder, 'thing.mjs');
  const module = "import { take } from './take.cjs';\nexport const iterate = () => take({ text: 'x'.repeat(500) });";
  writeFileSync(scenario, module);
  const options = { env, cwd: folder, timeoutMs: 300_000 };
  const missing = await memwatch(['bisect', 'thing@0.9.0..1.2.0', scenario], options);
  assert.match(missing.stderr, /thing has no release 0\.9\.0/);
  const { lastGood, firstBad, untested } = await memwatchJson(['bisect', 'thing@1.2.0..1.0.0', scenario], options);
  assert.deepEqual([lastGood, firstBad, untested], ['1.1.0', '1.0.0', []]);
  assert.deepEqual(readdirSync(folder).sort(), ['take.cjs', 'thing.mjs']);
});

test('the copy of a project has files where the project has links, and ends at links in a circle', (t) => {
  const [from, to, outside] = [temporaryFolder(t), temporaryFolder(t), temporaryFolder(t)];
  mkdirSync(join(from, 'lib', 'node_modules'), { recursive: true });
  writeFileSync(join(from, 'package.json'), '{}');
  writeFileSync(join(from, 'lib', 'package.json'), '{}');
  writeFileSync(join(outside, 'a.js'), 'outside');
  const links = {
    'b.js': join(outside, 'a.js'),
    lib2: 'lib',
    outside,
    loop: '.',
    up: '..',
    root: '/',
    gone: 'nothing',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(from, name));
  symlinkSync('..', join(from, 'lib', 'back'));
  symlinkSync('itself', join(from, 'itself'));
  execFileSync('mkfifo', [join(from, 'fifo')]);
  copyProject(from, to);
  const copied = readdirSync(to, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    copied.map((one) => [relative(to, join(one.parentPath, one.name)), one.isSymbolicLink()]).sort(),
    ['b.js', 'lib', 'lib/package.json', 'lib2', 'lib2/package.json', 'outside', 'outside/a.js'].map((name) => [
      name,
      false,
    ]),
  );
  writeFileSync(join(to, 'b.js'), 'changed');
  assert.equal(readFileSync(join(outside, 'a.js'), 'utf8'), 'outside');
});

test('bisect finds the first releases that leak of two packages of the corpus', { skip: noRegistry }, async (t) => {
  const folder = temporaryFolder(t);
  for (const file of ['tiny-lru.mjs', 'debug.mjs', 'variant.mjs'])
    cpSync(repository(`test/corpus/${file}`), join(folder, file));
  const turn = async (releases: string, name: string): Promise<unknown[]> => {
    const words = ['bisect', releases, join(folder, `${name}.mjs`), '--as', `${name}-leak`];
    const { lastGood, firstBad, untested } = await memwatchJson(words, { timeoutMs: 600_000 });
    return [lastGood, firstBad, untested];
  };
  const both = [turn('tiny-lru@11.1.1..11.1.2', 'tiny-lru'), turn('debug@2.6.9..3.0.0', 'debug')];
  assert.deepEqual(await Promise.all(both), [
    ['11.1.1', '11.1.2', []],
    ['2.6.9', '3.0.0', []],
  ]);
  assert.deepEqual(readdirSync(folder).sort(), ['debug.mjs', 'tiny-lru.mjs', 'variant.mjs']);
});

/**
 * An npm without a registry: releases of one package, of which one cannot be installed. It wants to be kept from running
 * scripts and from installing above its folder, and to know the project's registry.
 */
const npm = `#!/usr/bin/env node
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const isSafe = ['--ignore-scripts', '--workspaces=false', '--global=false'].every((flag) => process.argv.includes(flag));
if (process.argv[2] === 'view') console.log(JSON.stringify(['1.0.0', '2.0.0', '1.1.0-rc.1']));
else {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const version = dependencies.thing.replace('npm:thing@', '');
  if (!isSafe || readFileSync('.npmrc', 'utf8') !== 'registry=http://127.0.0.1:1') { console.error('npm error not safe'); process.exit(1); }
  if (version === '1.1.0-rc.1') { console.error('npm error code E404\\nnpm error 404 Not Found - thing-core'); process.exit(1); }
  mkdirSync('node_modules/thing', { recursive: true });
  writeFileSync('node_modules/thing/index.js', '');
}
`;

test('bisect says why an end of the range has no verdict: it cannot be installed, or the scenario fails', async (t) => {
  const [folder, bin] = [temporaryFolder(t), temporaryFolder(t)];
  writeFileSync(join(bin, 'npm'), npm, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const scenario = join(folder, 'thing.mjs');
  writeFileSync(scenario, "import './lib/a.js';\nexport const iterate = () => { throw new Error('broken'); };");
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, '.npmrc'), 'registry=http://127.0.0.1:1');
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib', 'package.json'), '{ "type": "commonjs" }');
  writeFileSync(join(folder, 'lib', 'a.js'), "require('node:fs');");
  const said = async (releases: string): Promise<string> =>
    (await memwatch(['bisect', releases, scenario], { env, cwd: folder })).stderr;
  assert.match(
    await said('thing@1.1.0-rc.1..2.0.0'),
    /thing 1\.1\.0-rc\.1 cannot be judged in this scenario: npm install failed/,
  );
  assert.match(
    await said('thing@1.0.0..2.0.0'),
    /cannot be judged .* threw: broken\n {2}both ends need a verdict: .*memwatch check/,
  );
  assert.deepEqual(readdirSync(folder).sort(), ['.npmrc', 'lib', 'package.json', 'thing.mjs']);
});

test('bisect refuses what it cannot compare', async (t) => {
  const scenario = join(temporaryFolder(t), 'a.mjs');
  writeFileSync(scenario, 'export const iterate = () => {};');
  const said = async (...args: string[]): Promise<string> => messageOf(await runInProcess(['bisect', ...args]));
  assert.match(await said('tiny-lru@11.1.2', scenario), /expected two releases of a package/);
  for (const other of [
    '../evil@1.0.0..2.0.0',
    'file:/etc@1.0.0..2.0.0',
    'git+ssh://x@1.0.0..2.0.0',
    'a;b@1.0.0..2.0.0',
  ])
    assert.match(await said(other, scenario), /expected two releases of a package/);
  assert.match(await said('tiny-lru@11.0.1..11.1.2', `${scenario}.no`), /no such scenario/);
});
