/** The agent inside where other programs start Node: test runners with their sandboxes and workers, a cluster, bundles. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { buildSync } from 'esbuild';
import { memwatchJson } from '../support/memwatch.js';
import { nodeBinary, type NodeMajor } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { installRunner, type Runner } from '../support/runners.js';
import { startProcess, temporaryFolder } from '../support/targets.js';

const agent = repository('dist/inside/agent.cjs');

/** Keeps 12 MB in two seconds, by its line 3. */
const store = `const kept = new Map();
const remember = (n) => {
  kept.set(n, { n, text: 'order ' + n, lines: [n, n + 1] });
};
module.exports = { kept, remember };`;

const testFile = (name: string, head: string): string => `${head}
const { remember, kept } = require('./store.cjs');
test('${name}', async () => {
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 1000; i++) remember(kept.size);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(kept.size).toBe(100000);
});`;

const heads: Record<'jest' | 'vitest', string> = {
  jest: '',
  vitest: `import { test, expect } from 'vitest'; import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
};

const makeTests = (t: TestContext, runner: 'jest' | 'vitest', modules: string): string => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'project', type: runner === 'jest' ? 'commonjs' : 'module' }),
  );
  writeFileSync(join(folder, 'store.cjs'), store);
  for (const name of ['one', 'two']) writeFileSync(join(folder, `${name}.test.js`), testFile(name, heads[runner]));
  symlinkSync(modules, join(folder, 'node_modules'));
  return folder;
};

interface Kept {
  readonly script: string;
  readonly ended: { readonly how: string };
  readonly sites: readonly { readonly addsIn: readonly { readonly file: string; readonly line: number }[] }[];
  readonly workers: readonly { readonly sites: Kept['sites'] }[];
}

/** What each process kept. */
const keptIn = (keep: string): Promise<Kept[]> =>
  Promise.all(readdirSync(keep).map((name) => memwatchJson(['why', join(keep, name)]))) as unknown as Promise<Kept[]>;

const namesTheLine = (sites: Kept['sites'], file: string, line: number): boolean =>
  sites.some(({ addsIn }) => addsIn.some((one) => one.file.endsWith(file) && one.line === line));

/** Each runner, and the processes that it starts. */
const ways: { name: string; runner: Runner & ('jest' | 'vitest'); words: string[]; node: NodeMajor; processes: number }[] = [
  { name: 'Jest in one process', runner: 'jest', words: ['jest/bin/jest.js', '-i'], node: 20, processes: 1 },
  { name: 'Jest with child processes', runner: 'jest', words: ['jest/bin/jest.js', '-w', '2'], node: 26, processes: 3 },
  { name: 'Jest with worker threads', runner: 'jest', words: ['jest/bin/jest.js', '-w', '2', '--workerThreads'], node: 24, processes: 1 },
  { name: 'Vitest with child processes', runner: 'vitest', words: ['vitest/vitest.mjs', 'run', '--pool=forks'], node: 22, processes: 3 },
  { name: 'Vitest with worker threads', runner: 'vitest', words: ['vitest/vitest.mjs', 'run', '--pool=threads'], node: 26, processes: 1 },
]; // prettier-ignore

for (const { name, runner, words, node, processes } of ways) {
  test(`${name}: the tests pass as without the agent, and each process keeps evidence`, async (t) => {
    const modules = installRunner(runner);
    if (modules === undefined) return t.skip(`npm cannot fetch ${runner}`);
    const folder = makeTests(t, runner, modules);
    const keep = join(folder, 'evidence');
    const [bin = '', ...options] = words;
    const target = await startProcess(t, nodeBinary(node), [join('node_modules', bin), ...options], {
      ready: null,
      cwd: folder,
      env: { NODE_OPTIONS: `--require ${agent}`, MEMWATCH_AGENT_KEEP: keep, MEMWATCH_AGENT_SIGNAL: '', CI: '1' },
    });
    assert.equal(await target.exited, 0, target.output());
    assert.match(target.output(), /2 passed/);
    assert.doesNotMatch(target.output(), /gracefully|^memwatch:|debugger/im);
    const all = await keptIn(keep);
    assert.ok(all.length >= processes, `${all.length} processes`); // Jest replaces child processes that use much memory
    // Vitest ends its child processes with a signal
    const ends = all.map(({ ended }) => ended.how).filter((how) => /exit code 0/.test(how));
    assert.ok(
      ends.length >= (words.includes('--pool=forks') ? 1 : processes),
      JSON.stringify(all.map(({ ended }) => ended)),
    );
    for (const process of readdirSync(keep))
      assert.doesNotMatch(readFileSync(join(keep, process, 'readings.ndjson'), 'utf8'), /the agent:/);
  });
}

test('a cluster and a bundle of ES modules: each process names the line of the source', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'src'));
  writeFileSync(
    join(folder, 'src/store.ts'),
    `export const kept: Map<number, unknown> = new Map();\nexport function remember(n: number): void {\n  kept.set(kept.size, { n, lines: [n, n + 1] });\n}\n`,
  );
  const source = `import cluster from 'node:cluster';
    import { remember } from './store.ts';
    if (cluster.isPrimary) {
      for (let i = 0; i < 2; i++) cluster.fork();
      cluster.on('exit', (worker, code, signal) => console.log('worker', signal ?? code));
    } else setInterval(() => { for (let i = 0; i < 6000; i++) remember(i); }, 30);`;
  writeFileSync(join(folder, 'src/main.ts'), source);
  buildSync({
    entryPoints: [join(folder, 'src/main.ts')],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    sourcemap: true,
  });
  const keep = join(folder, 'evidence');
  const target = await startProcess(t, nodeBinary(24), ['main.mjs'], {
    ready: null,
    cwd: folder,
    env: { NODE_OPTIONS: `--import ${agent} --max-old-space-size=64`, MEMWATCH_AGENT_KEEP: keep },
  });
  assert.equal(await target.exited, 0, target.output());
  assert.equal(target.output().match(/^worker SIGABRT$/gm)?.length, 2, target.output());
  const named = (await keptIn(keep)).filter(({ sites }) => namesTheLine(sites, 'store.ts', 3));
  assert.ok(named.length >= 1);
});

test('a program that replaces the clock and takes its globals away is read as before, and ends', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'program.cjs');
  writeFileSync(
    script,
    `const { setTimeout: later } = globalThis; const kept = process; const { log } = console; const exit = () => { log('at its end'); kept.exit(4); };
    process.removeAllListeners(); globalThis.process = undefined;
    Date.now = () => 0; globalThis.Date = class { static now() { return 0; } };
    kept.memoryUsage = () => { throw new Error('mine'); };
    delete globalThis.performance; delete globalThis.Atomics; globalThis.console = undefined; delete globalThis.Reflect;
    later(exit, 3500);`,
  ); // prettier-ignore
  const keep = join(folder, 'evidence');
  const target = await startProcess(t, nodeBinary(22), ['--require', agent, script], {
    ready: null,
    env: { MEMWATCH_AGENT_KEEP: keep },
  });
  assert.equal(await target.exited, 4);
  assert.equal(target.output(), 'at its end\n');
  const [process = ''] = readdirSync(keep);
  const readings = readFileSync(join(keep, process, 'readings.ndjson'), 'utf8');
  assert.doesNotMatch(readings, /the agent:/);
  assert.ok((readings.match(/"kind":"reading"/g)?.length ?? 0) >= 2, readings);
  assert.match(readings, /exit code 4/);
});

test('an exception whose properties throw ends the program as without the agent, and leaves evidence', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'program.cjs');
  const source = `const trap = () => { throw new Error('trap'); };
    const error = new Error('planted');
    Object.defineProperty(error, 'stack', { get: trap });
    setTimeout(() => { throw error; }, 1200);`;
  writeFileSync(script, source);
  const keep = join(folder, 'evidence');
  const target = await startProcess(t, nodeBinary(26), ['--require', agent, script], {
    ready: null,
    env: { MEMWATCH_AGENT_KEEP: keep },
  });
  assert.notEqual(await target.exited, 0);
  assert.doesNotMatch(target.output(), /^memwatch:/m);
  const [one] = await keptIn(keep);
  assert.match(one?.ended.how ?? '', /: an uncaught exception$/);
});
