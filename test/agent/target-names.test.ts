import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { namedLike, type Candidate } from '#memwatch/agent/attach/candidates.js';
import { readRecording } from '#memwatch/analyzer/formats/documents/recording.js';
import { describeCandidate, parseTarget } from '#memwatch/agent/attach/target.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { startScript, temporaryFolder } from '../support/targets.js';
import { noTmux, openTerminal } from '../support/tmux.js';
import { repository } from '../support/paths.js';

const drawn = (pid: number, script: string, folder = '/srv/shop'): Candidate => ({
  pid,
  script,
  folder,
  ports: [],
  container: null,
  rssBytes: 1,
});

test('a script is known by its whole path, by the last parts of it, and without its extension', () => {
  const running = [
    drawn(1, 'app/server.js'),
    drawn(2, '/opt/other/server.mjs', '/'),
    drawn(3, 'next-server (v15.1.0)', '/srv/web'),
    drawn(4, '.', '/srv/api'),
  ];
  const pids = (name: string): number[] => namedLike(name, running).map(({ pid }) => pid);
  assert.deepEqual(pids('server.js'), [1]);
  assert.deepEqual(pids('app/server.js'), [1]);
  assert.deepEqual(pids('/srv/shop/app/server.js'), [1]);
  assert.deepEqual(pids('server'), [1, 2]);
  assert.deepEqual(pids('ver.js'), []);
  assert.deepEqual(pids('./server.js'), []); // a path from the user's own folder
  assert.deepEqual(pids('next-server (v15.1.0)'), [3]);
  assert.deepEqual(pids('api'), [4]);
});

/** A name that no other process of the machine has. */
const uniqueName = `target-${process.pid}.mjs`;
const server = `
import { createServer } from 'node:http';
const kept = [];
createServer((_, response) => response.end(kept.push(new Date()) + ' visits')).listen(0, '127.0.0.1', function () {
  console.log('ready ' + this.address().port);
});`;

test('a process is named by its script or its port where that is one process, whatever the command', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'app'));
  const script = join('app', uniqueName);
  writeFileSync(join(folder, script), server);
  const start = () => startScript(t, script, { cwd: folder, ready: /ready \d+/ });
  const first = await start();
  const port = Number(/ready (\d+)/.exec(first.output())?.[1]);
  assert.deepEqual(parseTarget(uniqueName), { kind: 'pid', pid: first.pid, worker: undefined });
  assert.deepEqual(parseTarget(`:${port}/2`), { kind: 'pid', pid: first.pid, worker: '2' });
  assert.equal((await memwatchJson(['dump', `:${port}`]))['pid'], first.pid);
  // a script that lies in the user's folder is still a process, not a file to open
  const heap = await memwatch(['heap', script, '--limit', '3'], { cwd: folder });
  assert.match(heap.stderr, new RegExp(`^process ${first.pid} app/${uniqueName} in .*, port ${port}$`, 'm'));
  assert.match(heap.stdout, /of the heap/);
  const second = await start();
  for (const command of ['leaks', 'heap']) {
    const { code, stderr } = await memwatch([command, uniqueName], { cwd: folder });
    assert.equal(code, 2, command);
    assert.match(stderr, new RegExp(`^memwatch: 2 Node processes: each runs ${uniqueName}\n`), command);
    for (const { pid } of [first, second]) assert.match(stderr, new RegExp(`^ {4}${pid} app/${uniqueName} in `, 'm'));
  }
  // a command for many processes takes each of them once
  const recorded = await memwatch(['record', uniqueName, String(first.pid), '-d', '1s', '-o', 'a.record'], { cwd: folder }); // prettier-ignore
  assert.equal(recorded.code, 0, recorded.stderr);
  const { series } = readRecording(readFileSync(join(folder, 'a.record')), 'a.record');
  assert.deepEqual(new Set(series.map(({ start }) => start.pid)), new Set([first.pid, second.pid]));
  assert.equal(series.length, 2);
});

test('a name with line breaks adds no line to an error', async (t) => {
  const described = describeCandidate(drawn(7, '-e \nmemwatch: all is well;\n run()', '/tmp/a\rb'));
  assert.equal(described, '7 -e memwatch: all is well; run() in /tmp/a b');
  const odd = join(temporaryFolder(t), 'a\nmemwatch: all is well');
  copyFileSync('/bin/sleep', odd);
  const other = spawn(odd, ['60']);
  t.after(() => other.kill());
  const refused = await memwatch(['cpu', String(other.pid)]);
  assert.match(refused.stderr, /^memwatch: process \d+ is not Node\.js but .*a\\nmemwatch: all is well\n {2}\S.*\n$/);
});

test('without a target the user is shown the processes: as commands to copy, or as a list on a terminal', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, uniqueName), server);
  const target = await startScript(t, uniqueName, { cwd: folder, ready: /ready \d+/ });
  const { code, stderr } = await memwatch(['cpu']);
  assert.equal(code, 2);
  assert.match(stderr, /^memwatch: no target given\n/);
  assert.match(stderr, new RegExp(`^ {4}memwatch cpu ${target.pid} .* :\\d+ .* MB`, 'm'));
  await t.test('on a terminal', { skip: noTmux }, async () => {
    const terminal = openTerminal(t, { columns: 120, rows: 40 });
    const start = (): void => terminal.keys(`${process.execPath} ${repository('dist/cli.js')} dump`, 'Enter');
    start();
    await terminal.until(/which Node process\?/);
    terminal.keys('Escape');
    await terminal.until(/no process was chosen/);
    terminal.keys('clear', 'Enter');
    start();
    await terminal.until(/which Node process\?/);
    const isMarked = new RegExp(`^> *\\d* +${target.pid} `, 'm');
    for (let row = 0; row < 200 && !isMarked.test(terminal.screen()); row++) {
      const before = terminal.screen();
      terminal.keys('Down');
      for (let waited = 0; waited < 50 && terminal.screen() === before; waited++)
        await new Promise((go) => setTimeout(go, 20));
    }
    assert.match(terminal.screen(), isMarked);
    terminal.keys('Enter');
    await terminal.until(/main thread/);
  });
});
