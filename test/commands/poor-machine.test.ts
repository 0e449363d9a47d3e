/** Too few open files, a folder that is gone or cannot be written to, no open input or output: one line, or none needed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { asSystemError, MemwatchError } from '#memwatch/errors.js';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import { repository } from '../support/paths.js';
import { startProcess, startSource, temporaryFolder } from '../support/targets.js';

/** `memwatch …args` behind a line of the shell. */
const behind = (line: string, args: readonly string[]) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const words = ['-c', `${line} "$0" "$@"`, process.execPath, repository('dist/cli.js'), ...args];
  const { status, stderr } = spawnSync('/bin/sh', words, { env, encoding: 'utf8', timeout: 60_000 });
  return { status, stderr };
};

test('a machine that gives too little is one line and exit code 2, and the target stays as it was', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`, { node: 24 });
  const pid = String(target.pid);
  for (const most of [20, 24, 30, 34]) {
    for (const args of [['census', pid], ['ps'], ['cpu', '-d', '100ms', '--', '-e', '0']]) {
      const { status, stderr } = behind(`ulimit -n ${most}; exec`, args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, /^memwatch: (cannot start: )?the limit of open files is too low\n( {2}ulimit -n 1024\n)?$/);
    }
  }
  const folder = join(temporaryFolder(t), 'gone');
  const gone = behind(`mkdir ${folder} && cd ${folder} && rmdir ${folder} && exec`, ['census', pid]);
  assert.deepEqual(gone, { status: 2, stderr: 'memwatch: the current folder was removed\n  cd to another folder\n' });
  assert.deepEqual(listeningPorts(target.pid), []);
});

test('a package of which Node could not open the package.json is no bug of memwatch', () => {
  const missing = (file: string): Error =>
    Object.assign(new Error(`Cannot find package '${file}' imported from /a.js`), { code: 'ERR_MODULE_NOT_FOUND' });
  const unopened = asSystemError(missing(repository('node_modules/cliui/index.js')));
  assert.ok(unopened instanceof MemwatchError && unopened.code === 'no-room');
  const gone = missing(repository('node_modules/no-such-package/index.js'));
  assert.equal(asSystemError(gone), gone);
});

test('memwatch needs no home, no input and no output', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`, { node: 20 });
  const lines = ['exec env -u HOME', 'exec <&-', 'exec >&-', 'exec 2>&-', 'exec <&- >&- 2>&-'];
  for (const line of lines)
    assert.equal(behind(line.includes('env') ? line : `${line};`, ['census', String(target.pid)]).status, 0);
  assert.equal(behind('exec <&- >&- 2>&-;', ['census', '999999999']).status, 2);
  assert.deepEqual(listeningPorts(target.pid), []);
});

test('a folder that cannot be written to is named with the reason', (t) => {
  const probe = spawnSync('unshare', ['-m', 'true']);
  if (probe.status !== 0) return t.skip('this user may not make a mount namespace');
  const folder = temporaryFolder(t);
  const line = `exec unshare -m sh -c 'mount -t tmpfs -o ro none ${folder} && cd ${folder} && exec "$0" "$@"'`;
  const { status, stderr } = behind(line, ['snapshot', '--after', '0', '--', '-e', 'setTimeout(() => {}, 9000)']);
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^memwatch: cannot write memwatch-captures: EROFS: .*\n {2}name a folder that can be written to\n$/m,
  );
});

test('without /proc one line says what is missing, and what does without still works', async (t) => {
  if (spawnSync('unshare', ['-m', 'umount', '-l', '/proc']).status !== 0)
    return t.skip('/proc cannot be unmounted here');
  const hidden = 'umount -l /proc; exec';
  const run = ['-m', 'sh', '-c', `${hidden} "$0" -e "setInterval(() => {}, 50); console.log('ready')"`];
  const target = await startProcess(t, 'unshare', [...run, process.execPath]);
  const pid = String(target.pid);
  const memory = behind('exec', ['memory', pid]);
  assert.equal(memory.status, 2);
  assert.match(
    memory.stderr,
    /^memwatch: the target cannot read how much memory it uses: there is no \/proc .*\n {2}mount/m,
  );
  const heap = behind('exec', ['heap', pid, '-o', join(temporaryFolder(t), 'a.heapsnapshot')]);
  assert.equal(heap.status, 0, heap.stderr);
  const here = behind(`exec unshare -m sh -c '${hidden} "$0" "$@"'`, ['memory', pid]);
  assert.match(here.stderr, /^memwatch: there is no \/proc here/);
});
