/** The terminal UI ends by every key and signal, whatever it is doing: terminal restored, target as it was. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readProcess } from '#memwatch/agent/process/proc.js';
import { repository } from '../support/paths.js';
import { startScript, temporaryFolder } from '../support/targets.js';
import { noTmux, openTerminal, runMemwatch, type TestTerminal } from '../support/tmux.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const live = /\[1 Live\][^]*Limits[^]*Handles/;
const given = 'screen 0 mouse 0 cursor 1';

/** Starts an action, and waits until it runs. */
const act = async (terminal: TestTerminal, key: string): Promise<void> => {
  terminal.keys(key);
  await terminal.until(/go ahead/);
  terminal.keys('y');
  await terminal.until(/0:0[1-9] .*Esc stops it/);
};

const hasEnded = (pid: number): boolean => /^[ZX]?$/.test(readProcess(pid)?.state ?? '');

test('keys and signals end the terminal UI also while an action runs', { skip: noTmux }, async (t) => {
  const target = await startScript(t, repository('samples/dist/growing-cache.js'), { flags: ['--inspect-port=0'] });
  const terminal = openTerminal(t, { columns: 100, rows: 30, cwd: temporaryFolder(t) });
  terminal.bytes('stty -g > before; clear');
  terminal.keys('Enter');
  for (const [action, way, code] of [
    ['', 'q', /exit code 0/],
    ['', 'SIGTERM', /exit code 130/],
    ['C', 'C-c', /exit code 0/],
    ['A', 'q', /exit code 0/],
    ['L', 'C-c C-c', /exit code (0|130)/],
    ['C', 'SIGHUP', /exit code 130/],
  ] as const) {
    runMemwatch(terminal, ['attach', String(target.pid)]);
    await terminal.until(live);
    if (action !== '') await act(terminal, action);
    if (way.startsWith('SIG')) process.kill(terminal.pid(), way);
    else terminal.keys(...way.split(' '));
    assert.doesNotMatch(await terminal.until(code), /was killed|at .*:\d+:\d+\)/, `${action} ${way}`);
    assert.equal(terminal.modes(), given);
    await noPortOpen(target.pid);
  }
  terminal.bytes('clear; stty -g | cmp - before && echo as before');
  terminal.keys('Enter');
  await terminal.until(/^as before/m);
  assert.equal(target.child.exitCode, null);
});

test('a target that stops during an action does not keep the terminal UI', { skip: noTmux }, async (t) => {
  const target = await startScript(t, repository('samples/dist/growing-cache.js'), { flags: ['--inspect-port=0'] });
  const terminal = openTerminal(t, { columns: 100, rows: 30, cwd: temporaryFolder(t) });
  runMemwatch(terminal, ['attach', String(target.pid)]);
  await terminal.until(live);
  await act(terminal, 'C');
  target.child.kill('SIGSTOP');
  const pid = terminal.pid();
  terminal.keys('C-c');
  assert.match(await terminal.until(/exit code/), /did not answer .* so memwatch detached/);
  assert.ok(hasEnded(pid));
  assert.equal(terminal.modes(), given);
  target.child.kill('SIGCONT');
  await noPortOpen(target.pid);
  assert.equal(target.child.exitCode, null);
});

test('a window that is closed during an action ends memwatch without an error', { skip: noTmux }, async (t) => {
  const target = await startScript(t, repository('samples/dist/growing-cache.js'), { flags: ['--inspect-port=0'] });
  const folder = temporaryFolder(t);
  const terminal = openTerminal(t, { columns: 100, rows: 30, cwd: folder });
  terminal.bytes(`${process.execPath} ${repository('dist/cli.js')} attach ${target.pid} 2> errors`);
  terminal.keys('Enter');
  await terminal.until(live);
  await act(terminal, 'C');
  const pid = terminal.pid();
  const shell = execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' });
  process.kill(Number(shell), 'SIGKILL');
  await eventually('memwatch ends', () => hasEnded(pid));
  assert.equal(readFileSync(join(folder, 'errors'), 'utf8'), '');
  await noPortOpen(target.pid);
  assert.equal(target.child.exitCode, null);
});
