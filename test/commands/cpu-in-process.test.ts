import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { functionsOf, linesOf } from '../support/cost.js';
import { memwatch } from '../support/memwatch.js';
import { installProfiler } from '../support/runners.js';
import { nodeBinary } from '../support/nodes.js';
import { temporaryFolder } from '../support/targets.js';

const profiler = installProfiler();
const noProfiler =
  profiler === undefined && 'v8-profiler-next cannot be fetched or built here (python3, make and g++ build it)';

/** A folder in which programs find v8-profiler-next, as if a user had installed it. */
const folderWithProfiler = (t: TestContext): string => {
  const folder = temporaryFolder(t);
  symlinkSync(profiler ?? '', join(folder, 'node_modules'));
  return folder;
};

/** As pnpm installs it: a link into a store, where the package finds what it needs. */
const folderOfPnpm = (t: TestContext): string => {
  const folder = temporaryFolder(t);
  const store = join(folder, 'node_modules', '.pnpm', 'v8-profiler-next@1.10.0');
  mkdirSync(store, { recursive: true });
  cpSync(profiler ?? '', join(store, 'node_modules'), { recursive: true });
  symlinkSync(join(store, 'node_modules', 'v8-profiler-next'), join(folder, 'node_modules', 'v8-profiler-next'));
  return folder;
};

const work = `function hot() { let s = 0;
  for (let i = 0; i < 1e5; i++) s = Math.sqrt(s + i);
  return s; }
for (let i = 0; i < 500; i++) hot();
process.exitCode = 4;`;

test('without v8-profiler-next, --in-process says what is missing', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'work.cjs'), work);
  const run = await memwatch(['cpu', '--in-process', '--', 'work.cjs'], { cwd: folder });
  assert.equal(run.code, 2);
  assert.match(run.stderr, /v8-profiler-next is not installed here[^]*npm install v8-profiler-next/);
});

for (const node of [22, 24, 26] as const) {
  test(`a package that is not built for the program's Node ${node} is said with that Node, and nothing has run`, async (t) => {
    const folder = temporaryFolder(t);
    const module = join(folder, 'node_modules', 'v8-profiler-next');
    mkdirSync(module, { recursive: true });
    writeFileSync(join(module, 'index.js'), `require('./profiler.node');`);
    writeFileSync(join(folder, 'work.cjs'), `console.log('ran'); ${work}`);
    const run = await memwatch(['cpu', '--in-process', '--', nodeBinary(node), 'work.cjs'], { cwd: folder });
    assert.equal(run.code, 2);
    assert.equal(run.stdout, '');
    assert.match(run.stderr, new RegExp(`^memwatch: v8-profiler-next is not .* built for Node v${node}\\.`));
    assert.doesNotMatch(run.stderr, /at Module/);
  });
}

test('for a program that may load no native code, the error says what to allow', { skip: noProfiler }, async (t) => {
  const folder = folderWithProfiler(t);
  writeFileSync(join(folder, 'work.cjs'), work);
  const denied = ['--experimental-permission', '--allow-fs-read=*', join(folder, 'work.cjs')];
  const run = await memwatch(['cpu', '--in-process', '--', ...denied], { cwd: folder });
  assert.equal(run.code, 2);
  assert.match(run.stderr, /--allow-addons/);
});

test('--in-process is for programs that memwatch starts', async () => {
  const run = await memwatch(['cpu', '--in-process', String(process.pid)]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /program that memwatch starts/);
});

test(
  'a program under the permission model is profiled from inside, by the package itself',
  { skip: noProfiler },
  async (t) => {
    const folder = folderWithProfiler(t);
    mkdirSync(join(folder, 'app'));
    writeFileSync(join(folder, 'app', 'work.cjs'), work);
    const allowed = ['--experimental-permission', '--allow-fs-read=*', '--allow-addons', '--allow-child-process'];
    const run = await memwatch(['cpu', '--json', '--in-process', '--', ...allowed, join(folder, 'app', 'work.cjs')], {
      cwd: folder,
    });
    assert.equal(run.code, 4, run.stderr);
    const cpu = JSON.parse(run.stdout);
    assert.deepEqual([functionsOf(cpu)[0]?.name, functionsOf(cpu)[0]?.line], ['hot', 1]);
    assert.equal(linesOf(cpu)[0]?.line, 2);
  },
);

test('the package is found through a link, as pnpm makes one', { skip: noProfiler }, async (t) => {
  const folder = folderOfPnpm(t);
  writeFileSync(join(folder, 'work.cjs'), work);
  const run = await memwatch(['cpu', '--json', '--in-process', '--', 'work.cjs'], { cwd: folder });
  assert.equal(run.code, 4, run.stderr);
  assert.equal(functionsOf(JSON.parse(run.stdout))[0]?.name, 'hot');
});
