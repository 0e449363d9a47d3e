import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync, lchownSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startSource, temporaryFolder } from '../support/targets.js';

const env = { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' };

/** A folder with a scenario that throws at once, so that a check takes no time. */
const quick = (t: TestContext): string => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'throws.mjs'), `export const iterate = () => { throw new Error('boom'); };`);
  return folder;
};

const junitAfter = async (
  folder: string,
  ...args: string[]
): Promise<{ code: unknown; stderr: string; xml: string }> => {
  const { code, stderr } = await memwatch(['check', '--junit', 'out/j.xml', ...args], {
    cwd: folder,
    env,
    timeoutMs: 120_000,
  });
  const file = join(folder, 'out/j.xml');
  return { code, stderr, xml: existsSync(file) ? readFileSync(file, 'utf8') : 'there is none' };
};

const boom = /<testcase [^>]*name="throws\.mjs"[^>]*>\n +<error type="threw" message="iterate, call 0 threw: boom">/;

test('JUnit is written even if the check cannot begin: not a baseline, a missing scenario, a wrong option', async (t) => {
  const folder = quick(t);
  writeFileSync(join(folder, 'broken.json'), '{');
  for (const [args, why] of [
    [
      ['throws.mjs', '--baseline', 'broken.json'],
      /name="throws\.mjs"[^>]*>\n +<error type="unusable" message="[^"]*broken\.json/,
    ],
    [['throws.mjs', '--baseline', 'gone.json'], /<error type="unusable" message="no such baseline: gone\.json">/],
    [
      ['throws.mjs', 'gone.mjs'],
      /name="throws\.mjs"[^]*name="gone\.mjs"[^>]*>\n +<error type="unusable" message="no such file: gone\.mjs"/,
    ],
    [['throws.mjs', '--timeout', '0'], /<error type="unusable" message="--timeout: not a duration: 0">/],
    [[], /name="memwatch check"[^>]*>\n +<error type="unusable" message="no scenario given">/],
    [['--pid', '4194000'], /<error type="unusable" message="there is no process 4194000/],
  ] as const) {
    const { code, stderr, xml } = await junitAfter(folder, ...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /^memwatch: .*\n/);
    assert.match(xml, why);
  }
});

test('a scenario that cannot be used leaves nothing to look into', async (t) => {
  const folder = quick(t);
  writeFileSync(join(folder, 'empty.mjs'), 'export {}');
  const { code, stderr } = await junitAfter(folder, 'empty.mjs');
  assert.equal(code, 2);
  assert.doesNotMatch(stderr, /to look into it/);
});

test('JUnit is written even if another file cannot be, and the error is printed', async (t) => {
  const folder = quick(t);
  mkdirSync(join(folder, 'in-the-way'));
  writeFileSync(join(folder, 'a-file'), '');
  for (const [args, said, reported] of [
    // what can be known before is said before the scenario runs
    [
      ['--markdown', 'in-the-way'],
      /^memwatch: will not write to in-the-way: it is a folder\n/m,
      /name="throws\.mjs"[^>]*>\n +<error type="unusable" message="[^"]*in-the-way/,
    ],
    [
      ['--update-baseline', '--baseline', 'no/such/folder.json'],
      /^memwatch: cannot write .*no\/such\/folder\.json: ENOENT.*\n {2}make the folder first/m,
      boom,
    ],
  ] as const) {
    const { code, stderr, xml } = await junitAfter(folder, 'throws.mjs', ...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, said);
    assert.match(xml, reported);
  }
  const { code, xml } = await junitAfter(folder, 'throws.mjs', '--artifacts', 'a-file');
  assert.equal(code, 2);
  assert.match(xml, /name="throws\.mjs"[^>]*>\n +<error type="unusable" message="[^"]*a-file/);
});

test('a report replaces that of an earlier check, and no other file, unless told to; the other reports are written', async (t) => {
  const folder = quick(t);
  const files = ['out/j.xml', 'm.md', 'kept/check.json'].map((name) => join(folder, name));
  const run = (...more: string[]) =>
    junitAfter(folder, 'throws.mjs', '--markdown', 'm.md', '--artifacts', 'kept', ...more);
  for (let i = 0; i < 2; i++) assert.equal((await run()).code, 1);
  for (const file of files) {
    const evidence = '{"snapshot":{"meta":{}}}';
    const others = files.filter((one) => one !== file);
    for (const other of others) writeFileSync(other, '');
    writeFileSync(file, evidence);
    const { code, stderr } = await run();
    assert.equal(code, 2);
    assert.match(
      stderr,
      /already exists, and was not written by this command\n {2}name another file, or add --overwrite/,
    );
    assert.equal(readFileSync(file, 'utf8'), evidence);
    for (const other of others) assert.match(readFileSync(other, 'utf8'), /throws\.mjs/);
    assert.equal((await run('--overwrite')).code, 1);
    assert.match(readFileSync(file, 'utf8'), /throws\.mjs/);
  }
});

const notRoot = process.getuid?.() === 0 ? false : 'only root can plant links of another user';

test("nothing is made behind another user's link, whatever the option", { skip: notRoot }, async (t) => {
  const folder = quick(t);
  const victim = join(folder, 'victim');
  mkdirSync(victim);
  symlinkSync(victim, join(folder, 'link'));
  lchownSync(join(folder, 'link'), 65534, 65534);
  const reports = ['--junit', 'link/j.xml', '--markdown', 'link/deep/m.md'];
  for (const args of [
    ['--artifacts', 'link'],
    ['--artifacts', 'link/deep/er', ...reports],
    ['--update-baseline', '--baseline', 'link/b.json', ...reports],
  ]) {
    const { code, stderr } = await memwatch(['check', 'throws.mjs', ...args], { cwd: folder, env, timeoutMs: 120_000 });
    assert.deepEqual([code, readdirSync(victim)], [2, []], args.join(' '));
    assert.match(stderr, /will not write to .*: (it is|.*\/link is) a link that belongs to another user \(uid 65534\)/);
  }
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready');`);
  for (const words of [
    ['leaks', String(target.pid), '--keep', 'link/kept'],
    ['record', String(target.pid), '-o', 'link/x.record', '-d', '1s'],
  ]) {
    const { code, stderr } = await memwatch(words, { cwd: folder });
    assert.deepEqual([code, readdirSync(victim)], [2, []], words.join(' '));
    assert.match(stderr, /^memwatch: will not write to link\/.*\/link is a link that belongs to another user/);
  }
  symlinkSync(victim, join(folder, 'memwatch-captures'));
  lchownSync(join(folder, 'memwatch-captures'), 65534, 65534);
  const unnamed = await memwatch(['snapshot', String(target.pid)], { cwd: folder });
  assert.deepEqual([unnamed.code, readdirSync(victim)], [2, []]);
});

test('after Ctrl-C, JUnit lists what was not checked', async (t) => {
  const folder = quick(t);
  writeFileSync(
    join(folder, 'long.mjs'),
    `import { writeFileSync } from 'node:fs'; export const iterate = async () => { writeFileSync('runs', ''); await new Promise((go) => setTimeout(go, 500)); };`,
  );
  const words = [repository('dist/cli.js'), 'check', 'throws.mjs', 'long.mjs', '--junit', 'j.xml'];
  const child = spawn(process.execPath, words, { cwd: folder, env: { ...process.env, ...env }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (let waited = 0; waited < 30_000 && !existsSync(join(folder, 'runs')); waited += 50)
    await new Promise((go) => setTimeout(go, 50));
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  const xml = readFileSync(join(folder, 'j.xml'), 'utf8');
  assert.match(xml, boom);
  assert.match(xml, /name="long\.mjs"[^>]*>\n +<error type="unusable" message="interrupted/);
});

test('artifacts are replaced on each run: the folder is created if missing, and no snapshot of the run before stays', async (t) => {
  const folder = quick(t);
  const run = () => junitAfter(folder, 'throws.mjs', '--artifacts', 'deep/kept');
  assert.equal((await run()).code, 1);
  const kept = join(folder, 'deep/kept/throws.mjs');
  writeFileSync(join(kept, '7.heapsnapshot'), '');
  writeFileSync(join(kept, 'notes.txt'), '');
  assert.equal((await run()).code, 1);
  assert.deepEqual(readdirSync(kept), ['notes.txt', 'output.txt']);
  assert.ok(existsSync(join(folder, 'deep/kept/check.json')));
});

test('leaks --keep makes its folder, and keeps the snapshots of another run', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startSource(
    t,
    `const kept = []; setInterval(() => { for (let i = 0; i < 200; i++) kept.push({ i }); }, 10); console.log('ready');`,
  );
  const words = ['leaks', String(target.pid), '--interval', '300ms', '--rounds', '2', '--keep', 'a/b'];
  const first = await memwatch(words, { cwd: folder, timeoutMs: 120_000 });
  assert.equal(first.code, 0, first.stderr);
  const kept = join(folder, 'a/b');
  assert.ok(existsSync(join(kept, '01.heapsnapshot')), first.stdout);
  const evidence = readFileSync(join(kept, '01.heapsnapshot'), 'latin1');
  const again = await memwatch(words, { cwd: folder });
  assert.deepEqual([again.code, again.stderr.split('\n')[0]], [2, 'memwatch: a/b holds the snapshots of another run']);
  assert.equal(readFileSync(join(kept, '01.heapsnapshot'), 'latin1'), evidence);
});
