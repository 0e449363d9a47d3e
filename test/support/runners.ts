/**
 * Projects of users: a sample with its test runner, and memwatch installed as from the registry. The runners are downloaded
 * once into the user's cache folder; they are no dependencies of the project.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { repository } from './paths.js';
import { temporaryFolder } from './targets.js';

/** The last versions that run on Node 20.19. */
export const runners = { vitest: '4.1.12', jest: '30.5.2', mocha: '12.0.3' } as const;
export type Runner = keyof typeof runners;

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'memwatch-test-runners');

/** The runner's node_modules; undefined if npm cannot download it. */
export const installRunner = (runner: Runner): string | undefined => installPackage(`${runner}@${runners[runner]}`);

/** The node_modules with this release of a package; undefined if npm cannot download it. Its scripts do not run. */
export const installPackage = (name: string): string | undefined => {
  const folder = join(cache, name.replaceAll('/', '+'));
  const modules = join(folder, 'node_modules');
  try {
    if (!existsSync(modules)) install(name, folder);
    return modules;
  } catch {
    return undefined;
  }
};

/**
 * A node_modules with v8-profiler-next, built for the Node that runs the tests; undefined if it cannot be downloaded or
 * built.
 */
export const installProfiler = (): string | undefined => {
  const name = 'v8-profiler-next@1.10.0';
  const folder = join(cache, `${name}-${process.version}`);
  try {
    if (!existsSync(folder)) install(name, folder, buildProfiler);
    return join(folder, 'node_modules');
  } catch {
    return undefined;
  }
};

/** Uses `npm exec`, which passes on where Node's headers are; npm 12 would not run a package's scripts. */
const buildProfiler = (folder: string): void => {
  const command = 'cd node_modules/v8-profiler-next && node scripts/install.js';
  execFileSync('npm', ['exec', '-c', command], { cwd: folder, stdio: 'ignore', timeout: 300_000 });
};

/** Installs into a temporary folder and renames it, so that an interrupted download leaves nothing that looks complete. */
const install = (name: string, folder: string, build?: (folder: string) => void): void => {
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  try {
    execFileSync(
      'npm',
      ['install', '--prefix', part, '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0', name],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 180_000,
      },
    );
    build?.(part);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
};

/** Copies a sample into a folder and gives it the runner and memwatch, as `npm install` would. */
export const makeProject = (sample: string, folder: string, modules: string | undefined): void => {
  cpSync(repository(`samples/${sample}`), folder, { recursive: true });
  const own = join(folder, 'node_modules');
  mkdirSync(join(own, '@memwatch/memwatch'), { recursive: true });
  cpSync(repository('dist'), join(own, '@memwatch/memwatch/dist'), { recursive: true });
  cpSync(repository('package.json'), join(own, '@memwatch/memwatch/package.json'));
  symlinkSync(repository('node_modules'), join(own, '@memwatch/memwatch/node_modules'));
  if (modules === undefined) return;
  for (const name of readdirSync(modules)) {
    if (name !== '@memwatch') symlinkSync(join(modules, name), join(own, name));
  }
};

/** Runs a Node program in a folder to its end, as a user's shell would. */
export const run = (folder: string, args: readonly string[]): Promise<{ code: number | null; output: string }> =>
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

/** Runs a runner's sample and expects it to pass; skipped with a message if npm cannot download the runner. */
export const samplePasses = async (
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
