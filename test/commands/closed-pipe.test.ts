import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
    assert.deepEqual([code, stderr], [0, ''], words.join(' '));
    await noPortOpen(target.pid);
  }
});
