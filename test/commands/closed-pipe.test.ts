import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { test } from 'node:test';
import { repository } from '../support/paths.js';
import { startSource } from '../support/targets.js';
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

test('a full disk behind stdout ends a command with one line, and the target is left as it was', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready');`);
  const args = [repository('dist/cli.js'), 'memory', String(target.pid)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = await once(child, 'close');
  const says = 'memwatch: cannot write to stdout: ENOSPC: no space left on device, write\n';
  assert.deepEqual([code, stderr], [2, says]);
  await noPortOpen(target.pid);
});
