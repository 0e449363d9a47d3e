/** What macOS has instead of /proc, ps and lsof, forced on Linux: they say the same, and no signal goes out without consent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { procSource } from '#memwatch/agent/process/from-proc.js';
import { toolSource } from '#memwatch/agent/process/from-tools.js';
import type { MemoryReport } from '#memwatch/analyzer/model/memory.js';
import { isInstalled } from '../support/installed.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { noTmux, openTerminal, type TestTerminal } from '../support/tmux.js';
import { startSource } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const skip = isInstalled('ps') && isInstalled('lsof') ? false : 'there is no ps or no lsof';
const env = { MEMWATCH_PROCESSES: 'ps' };

const source = `
import { createServer } from 'node:net';
import { spawn } from 'node:child_process';
spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
createServer().listen(0, '127.0.0.1');
createServer().listen(0, '::', () => console.log('ready'));`;

test('ps and lsof say what /proc says, and attach asks first', { skip }, async (t) => {
  const options = { NODE_OPTIONS: '--max-old-space-size=300 --stack-trace-limit=7', LAST: 'one' };
  const flags = ['--inspect-port=0']; // another test's memwatch would close an inspector on port 9229 to use the port itself
  const target = await startSource(t, source, { node: 24, env: options, flags });
  const { pid } = target;
  const [real, seen] = [procSource.readProcess(pid), toolSource.readProcess(pid)];
  assert.ok(real !== undefined && seen !== undefined);
  for (const key of ['pid', 'command', 'executable', 'permitted', 'userId', 'blocksSigusr1'] as const)
    assert.deepEqual(seen[key], real[key], key);
  assert.equal(seen.catchesSigusr1, null);
  assert.ok(Math.abs(seen.rssBytes - real.rssBytes) < 0.2 * real.rssBytes);
  assert.ok(Math.abs(seen.uptimeSeconds - real.uptimeSeconds) < 30);
  assert.ok(toolSource.readProcesses().some((one) => one.pid === pid && one.executable === real.executable));
  assert.deepEqual(toolSource.childProcessIds(pid), procSource.childProcessIds(pid));
  assert.equal(toolSource.folderOf(pid), procSource.folderOf(pid));
  const ours = (variable: string): boolean => /^(NODE_OPTIONS|LAST)=/.test(variable);
  assert.deepEqual(toolSource.environmentOf(pid).filter(ours), procSource.environmentOf(pid).filter(ours));
  const ports = procSource.listeningPorts(pid);
  assert.equal(ports.length, 2);
  assert.deepEqual(portsOf(toolSource.listeningPorts(pid)), portsOf(ports));
  assert.deepEqual(portsOf(toolSource.openPortReader()(pid)), portsOf(ports));
  const [{ port } = { port: 0 }] = ports;
  const [said, held] = [toolSource.holdersOf(port, pid), procSource.holdersOf(port, pid)];
  assert.deepEqual([said.held, said.pids], [held.held, held.pids]); // another memwatch may connect for a moment
  assert.equal(toolSource.readProcess(2 ** 22 + 1), undefined);
  toolSource.atOneMoment(() => {
    assert.deepEqual(toolSource.readProcess(pid)?.executable, real.executable);
    assert.equal(toolSource.folderOf(pid), procSource.folderOf(pid));
    assert.deepEqual(portsOf(toolSource.listeningPorts(pid)), portsOf(ports));
    assert.deepEqual(toolSource.holdersOf(port, pid).pids, [pid]);
  });

  await eventually('it has started', () => (toolSource.readProcess(pid)?.uptimeSeconds ?? 0) > 4);
  const refused = await memwatch(['memory', String(pid)], { env });
  assert.equal(refused.code, 2, refused.stdout);
  assert.match(refused.stderr, /this system keeps no record of the signals that a process catches\n.*kill -USR1 \d+/);
  if (noTmux === false) await answersTheQuestion(openTerminal(t, { columns: 200, rows: 30, env }), pid);

  process.kill(pid, 'SIGUSR1'); // as the hint says
  await eventually('its inspector is open', () => procSource.listeningPorts(pid).length === 3);
  const report = (await memwatchJson(['memory', String(pid)], { env })) as unknown as MemoryReport;
  assert.match(report.warnings.join(), /does not list the mappings of a process/);
  assert.deepEqual(report.parts.map(({ owner }) => owner).toSorted(), ['V8 heap', 'malloc: large blocks', 'other']);
  const left = await memwatch(['detach', String(pid)], { env });
  assert.equal(left.code, 0, left.stderr);
  assert.equal(procSource.listeningPorts(pid).length, 2);
});

/** Only `y` opens the inspector; it is closed afterwards. */
const answersTheQuestion = async (terminal: TestTerminal, pid: number): Promise<void> => {
  for (const [keys, said] of [
    [['n', 'Enter'], `process ${pid} was left alone: SIGUSR1 was not sent[^$]*code 2`],
    [['C-c'], 'memwatch: interrupted\\n[^$]*code 130'],
    [['y', 'Enter'], 'the target was paused for[^$]*code 0'],
  ] as const) {
    const round = `round-${keys[0]}`; // so that the question of the round before is not taken for this one
    const command = `${process.execPath} ${repository('dist/cli.js')} census ${pid}`;
    terminal.keys(`clear; echo ${round}; ${command}; echo code $?`, 'Enter');
    await terminal.until(new RegExp(`${round}\\n[^$]*if it does not, the signal ends it\\. Send it\\? \\[y/N\\]`));
    terminal.keys(...keys);
    await terminal.until(new RegExp(said));
    await eventually('the inspector is closed', () => procSource.listeningPorts(pid).length === 2);
  }
};

const portsOf = (ports: readonly { host: string; port: number; loopback: boolean }[]) =>
  ports.map(({ host, port, loopback }) => ({ host, port, loopback })).toSorted((a, b) => a.port - b.port);
