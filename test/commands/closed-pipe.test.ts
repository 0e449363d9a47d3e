import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '../support/paths.js';
import { startSource, temporaryFolder } from '../support/targets.js';
import { noPortOpen } from '../support/waiting.js';

test('a reader that goes ends what would go on for ever, and the target is left as it was', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready');`);
  for (const words of [
    ['attach', '--interval', '0.2'],
    ['attach', '--interval', '0.2', '--json'],
    ['census', '--watch', '--interval', '200ms'],
    ['census', '--watch', '--interval', '200ms', '--json'],
  ]) {
    const [command = '', ...options] = words;
    const child = spawn(process.execPath, [repository('dist/cli.js'), command, String(target.pid), ...options]);
    t.after(() => child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const late = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const [code] = await ended;
    clearTimeout(late);
    const progress = /^counting objects\n/gm; // after 10 s, on a busy machine
    assert.deepEqual([code, stderr.replaceAll(progress, '')], [0, ''], words.join(' '));
    await noPortOpen(target.pid);
  }
});

test('a reader that goes also ends what prints seldom, with the program that it runs', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready');`);
  const program = join(temporaryFolder(t), 'works.js');
  writeFileSync(program, `const work = () => 1; setInterval(work, 20); console.log('ready');`);
  const commands = [
    ['serve', String(target.pid), '--port', '0'],
    ['lines', `${program}:work`, '--', program],
  ];
  const ends = commands.map(async (words) => {
    const script = `"$@" | head -c 1`; // a pipe, and not a socket as Node makes it
    const args = ['-c', script, 'sh', process.execPath, repository('dist/cli.js'), ...words];
    const shell = spawn('sh', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
    const [code] = await once(shell, 'close');
    assert.equal(code, 0, words.join(' '));
  });
  await Promise.all(ends);
  await noPortOpen(target.pid);
});

test('a reader outside of the container is not seen, and is not taken for gone', (t) => {
  const module = JSON.stringify(repository('dist/agent/process/pipe-readers.js'));
  const look = `import { createReaderCheck } from ${module}; console.log(createReaderCheck(1)?.());`;
  const script = `unshare -p -f --mount-proc "$@" | cat`;
  const args = ['-c', script, 'sh', process.execPath, '--input-type=module', '-e', look];
  const { stdout } = spawnSync('sh', args, { encoding: 'utf8', timeout: 30_000 });
  if (stdout === '') return t.skip('no process namespace may be made here');
  assert.equal(stdout, 'true\n');
});

test('a full disk behind stdout ends a command with one line, and the target is left as it was', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready');`);
  for (const words of [
    ['memory', String(target.pid)],
    ['help', 'leaks'],
    ['leaks', '--version'],
  ]) {
    const args = [repository('dist/cli.js'), ...words];
    const child = spawn(process.execPath, args, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    t.after(() => child.kill('SIGKILL'));
    let stderr = '';
    child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
    const [code] = await once(child, 'close');
    const says = 'memwatch: cannot write to stdout: ENOSPC: no space left on device, write\n';
    assert.deepEqual([code, stderr], [2, says], words.join(' '));
  }
  await noPortOpen(target.pid);
});
