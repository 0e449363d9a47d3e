import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { hostileProfile } from '../support/hostile.js';
import { repository } from '../support/paths.js';
import { startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { noPortOpen } from '../support/waiting.js';

/** A private /dev in a private mount namespace: whatever happens to a device there, the machine's devices are not touched. */
const ownDevices = [
  'mount -t tmpfs -o mode=755,dev none /dev',
  'mknod -m 666 /dev/null c 1 3',
  'mknod -m 666 /dev/full c 1 7',
  'mknod -m 666 /dev/urandom c 1 9',
  'ln -s /proc/self/fd /dev/fd',
  'ln -s /proc/self/fd/1 /dev/stdout',
].join(' && ');

/** Runs a shell script there; `$MEMWATCH` is the program. */
const withOwnDevices = (script: string, env: NodeJS.ProcessEnv = {}) =>
  spawnSync('unshare', ['-m', 'sh', '-c', `${ownDevices} || exit 99\n${script}`], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, MEMWATCH: `${process.execPath} ${repository('dist/cli.js')}`, ...env },
  });

const noDevices =
  withOwnDevices('echo x >/dev/null').status === 0 ? false : 'a mount namespace and devices of its own may not be made';

const idle = (t: TestContext): Promise<StartedTarget> =>
  startSource(t, `const kept = []; setInterval(() => kept.push({}), 20); console.log('ready');`);

const profileIn = (folder: string): string => {
  const file = join(folder, 'app.cpuprofile');
  writeFileSync(file, JSON.stringify(hostileProfile()));
  return file;
};

/** A target, and the commands that write a capture of it or an export. */
const writers = async (t: TestContext, folder: string): Promise<string[]> => {
  const { pid } = await idle(t);
  return [
    `snapshot ${pid}`,
    `cpu ${pid} -d 200ms`,
    `alloc ${pid} -d 200ms --no-survivors`,
    `export ${profileIn(folder)} --to collapsed`,
  ];
};

test('a device is written to as it is, never replaced', { skip: noDevices }, async (t) => {
  const folder = temporaryFolder(t);
  for (const command of await writers(t, folder)) {
    const run = withOwnDevices(
      `$MEMWATCH ${command} -o /dev/null >$OUT/answer 2>&1; echo "exit $?"; stat -c '%F %a' /dev/null; ls /dev`,
      { OUT: folder },
    );
    const expected = 'exit 0\ncharacter special file 666\nfd\nfull\nnull\nstdout\nurandom\n';
    assert.equal(run.stdout, expected, command + readFileSync(join(folder, 'answer'), 'utf8'));
  }
});

test('a full device is one line and exit code 2, and stays', { skip: noDevices }, async (t) => {
  for (const command of await writers(t, temporaryFolder(t))) {
    const run = withOwnDevices(
      `$MEMWATCH ${command} -o /dev/full 2>&1 >/dev/null; echo "exit $?"; stat -c %F /dev/full`,
    );
    assert.match(
      run.stdout,
      /(^|\n)memwatch: the disk is full: \/dev\/full\n.*\nexit 2\ncharacter special file\n$/,
      command,
    );
    assert.doesNotMatch(run.stdout, /\n +at /);
  }
});

test(
  'stdout by its device name: an export goes there, a capture is refused before the target is touched',
  { skip: noDevices },
  async (t) => {
    const folder = temporaryFolder(t);
    const exported = withOwnDevices(`$MEMWATCH export ${profileIn(folder)} --to collapsed -o /dev/stdout | tail -1`);
    assert.match(exported.stdout, / 10000\n$/);
    for (const to of ['', '>$OUT/empty']) {
      const refused = withOwnDevices(`$MEMWATCH snapshot 1 -o /dev/stdout ${to}; echo "exit $?"`, { OUT: folder });
      assert.equal(refused.stdout, 'exit 2\n');
      assert.match(
        refused.stderr,
        /^memwatch: -o \/dev\/stdout: stdout already gets the report\n {2}name a file or a pipe/,
      );
    }
  },
);

test(
  'heap reads its capture back, so it wants a file; a block device and a folder are refused',
  { skip: noDevices },
  async (t) => {
    const { pid } = await idle(t);
    const run = withOwnDevices(
      `mknod /dev/block b 7 200; for o in /dev/null; do $MEMWATCH heap ${pid} -o $o; done; for o in /dev/block /dev; do $MEMWATCH cpu ${pid} -o $o; done`,
    );
    assert.equal(run.stdout, '');
    assert.match(run.stderr, /^memwatch: -o \/dev\/null is not a file, and the snapshot is read back from it\n.*\n/);
    assert.match(run.stderr, /\nmemwatch: will not write to \/dev\/block: it is a block device\n.*\n/);
    assert.match(run.stderr, /\nmemwatch: will not write to \/dev: it is a folder\n.*\n$/);
  },
);

test('a pipe is written to; without a reader, and with one that goes, it is one line', async (t) => {
  const folder = temporaryFolder(t);
  const fifo = join(folder, 'pipe');
  assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
  const { pid } = await idle(t);
  const snapshot = async (): Promise<{ code: unknown; stderr: string }> => {
    const child = spawn(process.execPath, [repository('dist/cli.js'), 'snapshot', String(pid), '-o', fifo]);
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const [code] = await once(child, 'close');
    return { code, stderr };
  };
  const alone = await snapshot();
  assert.equal(alone.code, 2);
  assert.ok(alone.stderr.endsWith(`memwatch: no process reads ${fifo}\n  start its reader first\n`), alone.stderr);
  const reader = spawn('sh', ['-c', `cat ${fifo} >${folder}/copy`]);
  const read = once(reader, 'exit');
  await new Promise((go) => setTimeout(go, 200));
  const taken = await snapshot();
  assert.equal(taken.code, 0, taken.stderr);
  await read;
  assert.ok(Array.isArray(JSON.parse(readFileSync(join(folder, 'copy'), 'utf8')).nodes));
  const short = spawn('sh', ['-c', `head -c 1000 ${fifo} >/dev/null`]);
  await new Promise((go) => setTimeout(go, 200));
  const left = await snapshot();
  // the price of a snapshot may stand above it
  assert.deepEqual([left.code, left.stderr.split('\n').at(-2)], [2, `memwatch: the reader of ${fifo} has gone`]);
  short.kill();
  assert.deepEqual(readdirSync(folder).toSorted(), ['copy', 'pipe']);
});

test('a disk that is full leaves nothing that looks whole', { skip: noDevices }, async (t) => {
  const { pid } = await idle(t);
  const folder = mkdtempSync(join(tmpdir(), 'small-disk-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = withOwnDevices(
    `mount -t tmpfs -o size=300k none ${folder}; $MEMWATCH snapshot ${pid} --force -o ${folder}/x.heapsnapshot; echo "exit $?"; ls -A ${folder}`,
  );
  assert.equal(run.stdout, 'exit 2\n');
  assert.match(run.stderr, /memwatch: the disk is full: .*x\.heapsnapshot\n/);
  assert.ok(!existsSync(join(folder, 'x.heapsnapshot')));
});

test('a full disk behind stdout is one line and exit code 2', { skip: noDevices }, async (t) => {
  const { pid } = await idle(t);
  for (const words of [`attach ${pid} --interval 0.2`, 'ps --json']) {
    const run = withOwnDevices(`$MEMWATCH ${words} >/dev/full; echo "exit $?"`);
    assert.deepEqual(
      [run.stdout, run.stderr],
      ['exit 2\n', 'memwatch: cannot write to stdout: ENOSPC: no space left on device, write\n'],
    );
  }
  await noPortOpen(pid);
});
