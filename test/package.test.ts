/** The package as its users get it: packed, installed into an empty project, compiled without skipLibCheck, and run. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installPacked } from './support/consumer.js';
import { repository } from './support/paths.js';
import { startScript } from './support/targets.js';

const project = mkdtempSync(join(tmpdir(), 'memwatch-consumer-'));
after(() => rmSync(project, { recursive: true, force: true }));
const { tarball, installed, files } = installPacked(project, ['@types/node']);
writeFileSync(join(project, 'package.json'), '{ "private": true }\n');

const bin = (name: string): string => repository(`node_modules/.bin/${name}`);

const compile = (file: string, options: readonly string[] = []): string => {
  const flags = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node', '--pretty', 'false'];
  const run = spawnSync(bin('tsc'), [...flags, ...options, file], { cwd: project, encoding: 'utf8' });
  return run.stdout + run.stderr;
};

const useOfTheLibrary = `
  const options: FindLeaksOptions = { intervalMs: 700, warmUpRounds: 0, rounds: 2, onProgress: (text) => void text.length };
  export const search = async (pid: number): Promise<string[]> => {
    const report: LeakReport = await findLeaks({ kind: 'pid', pid, worker: undefined }, options);
    return [report.verdict, ...report.findings.map((finding: Finding) => finding.title)];
  };
  export const check = async (file: string): Promise<ScenarioReport> => checkScenario(file, { timeoutMs: 10_000 });
  export const refused = async (): Promise<string> => {
    try {
      await findLeaks(['one.heapsnapshot', 'one.heapsnapshot', 'two.heapsnapshot']);
    } catch (error) {
      if (error instanceof MemwatchError) return error.code;
    }
    return '';
  };
  export const body: Body = (i) => i;
  export const tracked = (): Promise<GrowthReport> => trackGrowth(body);
`;
const names =
  'findLeaks, checkScenario, MemwatchError, type FindLeaksOptions, type LeakReport, type Finding, type ScenarioReport';
const imports = `
  import { ${names} } from '@memwatch/memwatch';
  import { trackGrowth, type Body, type GrowthReport } from '@memwatch/memwatch/testing';
`;
writeFileSync(join(project, 'esm.mts'), imports + useOfTheLibrary);
writeFileSync(join(project, 'common.cts'), imports + useOfTheLibrary);

test('the package holds what it needs and nothing else', () => {
  assert.deepEqual(
    files.filter(
      (file) =>
        !/^(dist\/.*\.(d\.c?ts|c?js)|dist\/memwatch\.1|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/.test(file),
    ),
    [],
  );
  for (const file of files.filter((one) => /\.c?js$/.test(one)))
    assert.doesNotMatch(readFileSync(join(installed, file), 'utf8'), /sourceMappingURL=.*\.map/, file);
});

test('publint and are-the-types-wrong find nothing', () => {
  const publint = spawnSync(bin('publint'), [installed, '--strict', '--pack', 'false'], { encoding: 'utf8' });
  assert.equal(publint.status, 0, publint.stdout + publint.stderr);
  // node10: how Node 10 looked for types, without `exports`; memwatch needs Node 20
  const attw = spawnSync(bin('attw'), [tarball, '--profile', 'node16'], { encoding: 'utf8' });
  assert.equal(attw.status, 0, attw.stdout + attw.stderr);
});

test('a strict project compiles against it as an ES module, runs it, and finds the leak of a process', async (t) => {
  assert.equal(compile('esm.mts'), '');
  const { pid } = await startScript(t, repository('samples/dist/growing-cache.js'));
  const run = `
    import { search, check, refused } from './esm.mjs';
    console.log(JSON.stringify([await search(${pid}), (await check('empty.mjs')).failure?.kind, await refused()]));`;
  writeFileSync(join(project, 'run.mjs'), run);
  writeFileSync(join(project, 'empty.mjs'), 'export {};');
  const printed = execFileSync(process.execPath, ['run.mjs'], { cwd: project, encoding: 'utf8', timeout: 120_000 });
  const [[verdict, title], failure, code] = JSON.parse(printed) as [string[], string, string];
  assert.equal(verdict, 'leak');
  assert.match(title ?? '', /Map/);
  assert.equal(failure, 'unusable');
  assert.equal(code, 'bad-argument');
});

test('the first screen of the README says that it is a library, and its example compiles', () => {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8');
  const [firstScreen = ''] = readme.split('\n```\n$ memwatch leaks', 1);
  const [, call] = /a library.*`(\w+\(.+?\))`/s.exec(firstScreen) ?? [];
  assert.match(call ?? 'no call is shown', /^findLeaks\(/);
  const [, example = ''] = /## As a library\n\n```js\n(.+?)```/s.exec(readme) ?? [];
  writeFileSync(join(project, 'readme.mts'), example);
  assert.equal(compile('readme.mts', ['--noEmit']), '');
});

test('a strict project compiles against it as CommonJS, and require loads the same library', () => {
  assert.equal(compile('common.cts'), '');
  const run = `
    const { refused } = require('./common.cjs');
    import('@memwatch/memwatch').then(async (library) =>
      console.log(await refused(), library.findLeaks === require('@memwatch/memwatch').findLeaks));`;
  const printed = execFileSync(process.execPath, ['-e', run], { cwd: project, encoding: 'utf8', timeout: 60_000 });
  assert.equal(printed.trim(), 'bad-argument true');
});

test('a bundler’s project compiles against it', () => {
  assert.equal(compile('esm.mts', ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit']), '');
});

test('every type that a function of the library takes or returns has a name that users can write', async () => {
  const library = (await import('#memwatch/index.js')) as Record<string, unknown>;
  const functions = Object.keys(library).filter((name) => typeof library[name] === 'function');
  const uses = functions.map((name) => `export const use_${name} = lib.${name};`);
  const members = [
    'Attachment',
    'LeakReport',
    'ScenarioReport',
    'HeapGraph',
    'Profile',
    'CostTable',
    'HeapDiff',
    'Reading',
  ];
  const reads = members.map((name) => `export const read_${name} = (x: lib.${name}) => ({ ...x });`);
  writeFileSync(
    join(project, 'names.mts'),
    ["import * as lib from '@memwatch/memwatch';", ...uses, ...reads].join('\n'),
  );
  assert.equal(compile('names.mts', ['--declaration', '--emitDeclarationOnly']), '');
});
