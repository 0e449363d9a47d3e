import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync, chownSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { appendTo, checkOutput, createOutput, writeOutput } from '#memwatch/files/output.js';
import { temporaryName } from '#memwatch/files/owner.js';
import { prepareSeries } from '#memwatch/files/series.js';
import { createTemporaryFolder, makeFolder, removeAbandoned } from '#memwatch/files/temporary.js';
import { hostileProfile } from '../support/hostile.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startSource, temporaryFolder } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const nobody = 65534;
const notRoot = process.getuid?.() === 0 ? false : 'only root can plant files of another user';

/** A folder like /tmp, in which anyone may create files. */
const sharedFolder = (t: TestContext): string => {
  const folder = join(temporaryFolder(t), 'shared');
  mkdirSync(folder);
  chmodSync(folder, 0o1777);
  return folder;
};

const modeOf = (file: string): number => statSync(file).mode & 0o777;

test('a file has no name of its own, and no reader but its owner, until it is whole', (t) => {
  const folder = temporaryFolder(t);
  const output = createOutput(join(folder, 'a'));
  output.write(Buffer.from('half'));
  const [part = '', ...more] = readdirSync(folder);
  assert.deepEqual(more, []);
  assert.match(part, /^memwatch-[0-9a-f]{8}-\d+-\d+-[0-9a-f]{12}\.part$/);
  assert.equal(modeOf(join(folder, part)), 0o600);
  output.write(Buffer.from(' whole'));
  output.commit();
  output.discard();
  assert.deepEqual(readdirSync(folder), ['a']);
  assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'half whole');
  assert.equal(modeOf(join(folder, 'a')), 0o600);
});

test('where no folder can be made, that is said', { skip: !existsSync('/proc/self') }, () => {
  assert.throws(() => makeFolder('/proc/memwatch/a'), { code: 'cannot-write', message: /ENOENT.* '\/proc\/memwatch'/ });
});

test('a name that is taken is kept, also when it is taken meanwhile; overwrite replaces it', (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'a');
  const output = createOutput(file);
  writeFileSync(file, 'mine', { mode: 0o644 });
  output.write(Buffer.from('new'));
  assert.throws(() => output.commit(), { code: 'cannot-write', message: `${file} already exists` });
  output.discard();
  assert.throws(() => createOutput(file), { code: 'cannot-write', hint: 'name another file, or add --overwrite' });
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  writeOutput(file, 'new', { overwrite: true });
  assert.equal(readFileSync(file, 'utf8'), 'new');
  assert.equal(modeOf(file), 0o600);
  assert.deepEqual(readdirSync(folder), ['a']);
});

test('a file of an earlier run is replaced, and an empty one; what begins otherwise stays', (t) => {
  const folder = temporaryFolder(t);
  const [file, empty] = [join(folder, 'a'), join(folder, 'empty')];
  const options = { earlier: /^report \d/ };
  writeFileSync(empty, '');
  for (const text of ['report 1', 'report 2']) {
    for (const one of [file, empty]) writeOutput(one, text, options);
    assert.deepEqual([readFileSync(file, 'utf8'), readFileSync(empty, 'utf8')], [text, text]);
  }
  writeFileSync(file, 'my report 3');
  const message = `${file} already exists, and was not written by this command`;
  for (const write of [writeOutput, (name: string) => checkOutput(name, options)])
    assert.throws(() => write(file, 'report 4', options), { code: 'cannot-write', message });
  writeOutput(file, 'report 4', { ...options, overwrite: true });
  assert.equal(readFileSync(file, 'utf8'), 'report 4');
  assert.deepEqual(readdirSync(folder), ['a', 'empty']);
});

test('a report keeps its mode, and others may read it if the umask allows', (t) => {
  const file = join(temporaryFolder(t), 'report.xml');
  const report = { overwrite: true, forOthers: true };
  const before = process.umask(0o022);
  t.after(() => process.umask(before));
  writeOutput(file, 'one', report);
  assert.equal(modeOf(file), 0o644);
  chmodSync(file, 0o640);
  writeOutput(file, 'two', report);
  assert.deepEqual([modeOf(file), readFileSync(file, 'utf8')], [0o640, 'two']);
});

test('a link of this user is followed, and stays a link', (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'real'));
  symlinkSync('real', join(folder, 'way'));
  symlinkSync('real/b', join(folder, 'a'));
  writeOutput(join(folder, 'a'), 'text');
  writeOutput(join(folder, 'way', 'c'), 'text');
  assert.ok(lstatSync(join(folder, 'a')).isSymbolicLink());
  assert.deepEqual(readdirSync(join(folder, 'real')), ['b', 'c']);
  symlinkSync('loop', join(folder, 'loop'));
  assert.throws(() => writeOutput(join(folder, 'loop'), ''), /leads to itself/);
});

test('what another user planted in a shared folder is neither followed nor filled', { skip: notRoot }, (t) => {
  const folder = sharedFolder(t);
  const victim = join(temporaryFolder(t), 'victim');
  writeFileSync(victim, 'precious');
  const plant = (name: string, make: (path: string) => void): string => {
    const path = join(folder, name);
    make(path);
    lchownSync(path, nobody, nobody);
    return path;
  };
  const link = plant('link', (path) => symlinkSync(victim, path));
  const dangling = plant('dangling', (path) => symlinkSync(join(folder, 'new'), path));
  const pipe = plant('pipe', (path) => assert.equal(spawnSync('mkfifo', [path]).status, 0));
  const place = plant('place', (path) => symlinkSync(folder, path));
  for (const file of [link, dangling, pipe]) {
    for (const overwrite of [false, true])
      assert.throws(() => writeOutput(file, 'heap', { overwrite }), /belongs to another user \(uid 65534\)/);
  }
  for (const folderOnTheWay of [place, join(place, 'deep', 'deeper')]) {
    assert.throws(() => makeFolder(folderOnTheWay), /a link that belongs to another user/);
    assert.throws(() => createTemporaryFolder(folderOnTheWay), /a link that belongs to another user/);
  }
  for (const overwrite of [false, true]) {
    const said = {
      message: `will not write to ${place}/x: ${place} is a link that belongs to another user (uid 65534)`,
    };
    assert.throws(() => writeOutput(join(place, 'x'), 'heap', { overwrite }), said);
    assert.throws(() => checkOutput(join(place, 'x'), { overwrite }), said);
    assert.throws(() => appendTo(join(place, 'x'), 'heap'), said);
    assert.throws(() => prepareSeries(join(place, 'x'), overwrite), /a link that belongs to another user/);
  }
  assert.deepEqual(readdirSync(folder).toSorted(), ['dangling', 'link', 'pipe', 'place']);
  const taken = plant('taken', (path) => writeFileSync(path, 'theirs', { mode: 0o666 }));
  assert.throws(() => writeOutput(taken, 'heap'), /already exists/);
  writeOutput(taken, 'heap', { overwrite: true });
  assert.deepEqual([statSync(taken).uid, modeOf(taken)], [process.getuid?.(), 0o600]);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.ok(!existsSync(join(folder, 'new')));
});

test('another user can neither foresee a name nor be overwritten by it', { skip: notRoot }, async (t) => {
  const folder = sharedFolder(t);
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready');`);
  const file = join(folder, 'x.heapsnapshot');
  const victim = join(temporaryFolder(t), 'victim');
  writeFileSync(victim, 'precious');
  // the names that memwatch used before, created in advance by a user who guesses; the scripts table has its own name
  for (const name of [`${file}.${target.pid}.part`, `${file}.scripts.json`]) {
    symlinkSync(victim, name);
    lchownSync(name, nobody, nobody);
  }
  const run = await memwatch(['snapshot', String(target.pid), '-o', file]);
  assert.equal(run.code, 2);
  assert.match(
    run.stderr,
    /^memwatch: will not write to .*x\.heapsnapshot\.scripts\.json: it is a link that belongs to another user/m,
  );
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.ok(!existsSync(file));
});

test('an existing capture is not overwritten, which is reported before the target is touched', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready');`);
  const commands = [
    ['snapshot', 'x.heapsnapshot'],
    ['heap', 'y.heapsnapshot'],
    ['cpu', 'x.cpuprofile', '-d', '200ms'],
    ['alloc', 'x.heapprofile', '-d', '200ms', '--no-survivors'],
  ].map(([command = '', name = '', ...more]) => {
    const file = join(folder, name);
    writeFileSync(file, 'evidence');
    return { file, words: [command, String(target.pid), '-o', file, ...more] };
  });
  for (const { file, words } of commands) {
    const { code, stdout, stderr } = await memwatch(words);
    const said = `memwatch: ${file} already exists\n  name another file, or add --overwrite\n`;
    assert.deepEqual([code, stdout, stderr, readFileSync(file, 'utf8')], [2, '', said, 'evidence']);
  }
  assert.equal(target.output(), 'ready\n', 'no inspector was opened');
  for (const { file, words } of commands) {
    const replaced = await memwatch([...words, '--overwrite']);
    assert.equal(replaced.code, 0, replaced.stderr);
    assert.ok(readFileSync(file, 'utf8').startsWith('{'), file);
    assert.equal(modeOf(file), 0o600);
  }
});

test('an export replaces the one before it, and neither a capture nor anything else', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'a.cpuprofile');
  const other = join(folder, 'b.cpuprofile');
  for (const one of [file, other]) writeFileSync(one, JSON.stringify(hostileProfile()));
  const formats = ['md', 'html', 'svg', 'collapsed', 'speedscope', 'pprof'];
  for (let i = 0; i < 2; i++) {
    const runs = await Promise.all(formats.map((to) => memwatch(['export', file, '--to', to])));
    assert.deepEqual(
      runs.map(({ code, stderr }) => [code, stderr]),
      runs.map(() => [0, '']),
    );
  }
  for (const output of [file, other, join(folder, 'a.html')]) {
    const before = readFileSync(output, 'utf8');
    const run = await memwatch(['export', file, '--to', 'md', '-o', output]);
    const said = `memwatch: ${output} already exists, and was not written by this command`;
    assert.deepEqual([run.code, run.stderr.split('\n')[0]], [2, said]);
    assert.equal(readFileSync(output, 'utf8'), before);
  }
});

test('a capture without a name goes to a new folder, which is printed', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready');`);
  const run = await memwatch(['snapshot', String(target.pid)], { cwd: folder });
  assert.equal(run.code, 0, run.stderr);
  const said = /^memwatch-captures\/(\d+-\S+\.heapsnapshot): /.exec(run.stdout)?.[1] ?? '';
  assert.deepEqual(readdirSync(folder), ['memwatch-captures']);
  assert.deepEqual(readdirSync(join(folder, 'memwatch-captures')), [said, `${said}.scripts.json`]);
  assert.equal(modeOf(join(folder, 'memwatch-captures')), 0o700);
});

test('what a killed memwatch left is removed by the next one', async (t) => {
  const [temporary, folder] = [temporaryFolder(t), temporaryFolder(t)];
  const target = await startSource(
    t,
    `globalThis.kept = Array.from({ length: 3e5 }, (_, i) => ({ i })); setInterval(() => {}, 1000); console.log('ready');`,
  );
  const env = { ...process.env, TMPDIR: temporary };
  const file = join(folder, 'x.heapsnapshot');
  const kill = async (words: readonly string[], isWriting: () => boolean): Promise<void> => {
    const child = spawn(process.execPath, [repository('dist/cli.js'), ...words], { env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    await eventually('it writes', isWriting, 60_000);
    child.kill('SIGKILL');
    await ended;
  };
  const named = (pattern: RegExp, where: string) => readdirSync(where).some((name) => pattern.test(name));
  await kill(['snapshot', String(target.pid), '-o', file], () => named(/^memwatch-[-\w]+\.part$/, folder));
  assert.deepEqual(readdirSync(temporary), readdirSync(folder), 'a link of the same name leads to it');
  await kill(['heap', String(target.pid)], () => named(/^memwatch-[-\w]+$/, temporary));
  assert.deepEqual(readdirSync(folder), [], 'that memwatch writes to another folder, and has found it all the same');
  assert.equal((await memwatch(['ps'], { env })).code, 0);
  assert.deepEqual(readdirSync(temporary), []);
});

test('only what is this user’s, and whose maker is gone, is removed; links are not followed', async (t) => {
  const folder = sharedFolder(t);
  const name = (pid: number, end = ''): string => temporaryName().replace(/-\d+-\d+-/, `-${pid}-1-`) + end;
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const dead = gone.pid ?? -1;
  const keep = [
    temporaryName(), // its process is alive
    `${temporaryName()}.part`,
    name(dead).replace(/^memwatch-\w{8}/, 'memwatch-00000000'), // from another machine, on a shared disk
    'memwatch-notes.part',
  ];
  for (const one of keep) writeFileSync(join(folder, one), '');
  const precious = join(temporaryFolder(t), 'precious');
  mkdirSync(precious);
  writeFileSync(join(precious, 'file'), '');
  const planted = name(dead);
  symlinkSync(precious, join(folder, planted));
  const [left, renamed] = [name(dead, '.part'), name(dead, '.part')];
  writeFileSync(join(precious, left), ''); // memwatch was killed here
  symlinkSync(join(precious, left), join(folder, left));
  symlinkSync(folder, join(precious, renamed)); // not a file of memwatch's
  symlinkSync(join(precious, renamed), join(folder, renamed));
  const holding = name(dead);
  mkdirSync(join(folder, holding));
  symlinkSync(precious, join(folder, holding, 'link'));
  writeFileSync(join(folder, name(dead, '.part')), '');
  writeFileSync(join(folder, name(process.pid, '.part')), ''); // the pid was reused
  const others = notRoot === false ? [name(dead, '.part')] : [];
  for (const one of others) {
    writeFileSync(join(folder, one), '');
    chownSync(join(folder, one), nobody, nobody);
  }
  removeAbandoned(folder);
  assert.deepEqual(readdirSync(folder).toSorted(), [...keep, planted, ...others].toSorted());
  assert.deepEqual(readdirSync(precious).toSorted(), ['file', renamed].toSorted());
});

test('without a temporary folder it is one line: what to do', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready');`);
  const run = await memwatch(['heap', String(target.pid)], { env: { TMPDIR: '/proc' } });
  assert.equal(run.code, 2);
  assert.match(
    run.stderr,
    /^memwatch: cannot make a temporary folder in \/proc: .*\n {2}set TMPDIR to a folder that can be written to\n$/,
  );
  const folder = createTemporaryFolder();
  assert.equal(modeOf(folder.path), 0o700);
  folder.remove();
  assert.ok(!existsSync(folder.path));
});
