import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { repository } from '../support/paths.js';
import { startSource } from '../support/targets.js';
import { idleTarget } from '../support/terminal-targets.js';
import { noTmux, openTerminal } from '../support/tmux.js';

const nobody = 65_534;
const cli = repository('dist/cli.js');

/** Why this cannot be tried here; false if it can. */
const cannotBeNobody = (): string | false => {
  if (process.getuid?.() !== 0) return 'only root can run memwatch as another user';
  if (spawnSync('script', ['--version']).status !== 0)
    return 'script(1), which gives a program a terminal, is not there';
  const reads = spawnSync(process.execPath, [cli, '--version'], { uid: nobody, gid: nobody, cwd: '/' });
  return reads.status === 0 ? false : 'another user may not read this folder';
};

/** What memwatch prints when it runs as another user, in its own terminal. */
const asNobody = (...args: readonly string[]): { text: string; code: number | null } => {
  const command = [process.execPath, cli, ...args].map((word) => `'${word}'`).join(' ');
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...outer } = process.env;
  const env = { ...outer, HOME: '/nonexistent', TERM: 'xterm-256color', SHELL: '/bin/sh' };
  const run = spawnSync('script', ['-qec', command, '/dev/null'], {
    uid: nobody,
    gid: nobody,
    cwd: '/',
    env,
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { text: run.stdout, code: run.status };
};

test(
  'without the right to attach there is one line, and the screen is not touched',
  { skip: cannotBeNobody() },
  async (t) => {
    const target = await idleTarget(t);
    const expected: readonly [readonly string[], RegExp][] = [
      [
        [String(target.pid)],
        /^memwatch: process \d+ belongs to another user \(user id 0, memwatch has 65534\)\r\n {2}run memwatch as user 0, or as root\r\n$/,
      ],
      [
        [String(target.pid), '--plain'],
        /^memwatch: process \d+ belongs to another user \(user id 0, memwatch has 65534\)\r\n/,
      ],
      [[String(process.ppid)], /^memwatch: process \d+ (belongs to another user .*|is not Node\.js but .*)\r\n/],
      [['999999999'], /^memwatch: there is no process 999999999\r\n/],
    ];
    for (const [args, said] of expected) {
      const { text, code } = asNobody('attach', ...args);
      assert.match(text, said);
      assert.ok(!text.includes('\u001b'), `no escape was written: ${JSON.stringify(text)}`);
      assert.equal(code, 2);
    }
    assert.equal(target.child.exitCode, null);
  },
);

test('a terminal that cannot draw gets plain lines, and no screen', { skip: noTmux }, async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`);
  const terminal = openTerminal(t, { columns: 80, rows: 24, env: { TERM: 'dumb' } });
  terminal.keys(`${process.execPath} ${repository('dist/cli.js')} attach ${target.pid}`, 'Enter');
  // one line each: what does not fit is left out
  await terminal.until(/^ +TIME +HEAP USED .* LATE P99 .*\n\d\d:\d\d:\d\d .*\n\d\d:\d\d:\d\d /m);
  assert.match(terminal.modes(), /screen 0/);
  terminal.keys('C-c');
  await terminal.until(/PROMPT> $|PROMPT>\s*$/);
});
