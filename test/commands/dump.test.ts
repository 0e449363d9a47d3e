/** `memwatch dump` on processes that are stuck in one known way each; all of them must survive. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { ProcessDump, ThreadDump } from '#memwatch/analyzer/model/dump.js';
import { readThread } from '#memwatch/agent/process/threads.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';

/** The target must live. */
const dumpOf = async (pid: number): Promise<ProcessDump> => {
  const dump = await memwatchJson(['dump', String(pid)]);
  assert.ok(!['Z', 'X', undefined].includes(readThread(pid, pid)?.state));
  return dump as unknown as ProcessDump;
};

const main = ({ threads }: ProcessDump): ThreadDump => {
  const [thread] = threads;
  assert.ok(thread);
  return thread;
};

const names = ({ stack }: ThreadDump): string[] => stack.map((frame) => frame.function);

for (const node of testedMajors) {
  const start = (t: Parameters<typeof startSource>[0], source: string) => startSource(t, source, { node, kind: 'cjs' });

  test(`on Node ${node}, a stuck loop is named by its line, though V8 inlined what it calls`, async (t) => {
    const target = await start(
      t,
      `function spin(x) {
        return x + Math.sqrt(x);
      }
      function stuck() {
        let x = 0;
        for (;;) x = spin(x);
      }
      setTimeout(function later() { stuck(); }, 20);
      console.log('ready');`,
    );
    const thread = main(await dumpOf(target.pid));
    assert.equal(thread.state, 'running');
    assert.deepEqual(names(thread).filter((name) => name !== 'spin').slice(0, 2), ['stuck', 'later']); // prettier-ignore
    assert.equal(thread.mayBeInlined, false);
    assert.ok([2, 6].includes(thread.stack[0]?.line ?? 0), JSON.stringify(thread.stack[0]));
    assert.match(thread.stack[0]?.file ?? '', /target\.cjs$/);
  });

  test(`on Node ${node}, a regular expression that backtracks is named by the function that runs it`, async (t) => {
    const target = await start(
      t,
      `function match() { return /^(a+)+$/.test('a'.repeat(40) + 'b'); }
      setTimeout(match, 20);
      console.log('ready');`,
    );
    const thread = main(await dumpOf(target.pid));
    assert.equal(thread.state, 'running');
    assert.ok(names(thread).includes('match'), names(thread).join());
  });

  test(`on Node ${node}, workers that wait for each other are told from a main thread that is idle`, async (t) => {
    const target = await start(
      t,
      `const { Worker } = require('node:worker_threads');
      const shared = new SharedArrayBuffer(8);
      const code = (mine) => \`
        const { workerData, parentPort } = require('node:worker_threads');
        const locks = new Int32Array(workerData);
        function holds\${mine}() { Atomics.wait(locks, \${mine}, 0); }
        parentPort.postMessage('waits');
        holds\${mine}();\`;
      const workers = [0, 1].map((mine) => new Worker(code(mine), { eval: true, workerData: shared, name: 'w' + mine }));
      for (let i = 0; i < 97; i++) setTimeout(function later() {}, 1e6 + i);
      function poll() {}
      for (let i = 0; i < 3; i++) setInterval(poll, 1e6);
      const serve = () => {};
      globalThis.held = [];
      class Db { async query() { await new Promise((resolve) => held.push(resolve)); } }
      const db = new Db();
      async function handle() {
        await Promise.all([db.query()]);
      }
      for (let i = 0; i < 1000; i++) handle();
      const { exec } = require('node:child_process');
      exec('sleep 60; true', function ended() {});
      const net = require('node:net');
      const server = net.createServer(serve).listen(0, '127.0.0.1', () => {
        net.connect(server.address().port, '127.0.0.1').on('data', function received() {});
        Promise.all(workers.map((w) => new Promise((r) => w.once('message', r)))).then(() => console.log('ready'));
      });`,
    );
    const dump = await dumpOf(target.pid);
    const idle = main(dump);
    assert.equal(idle.state, 'idle');
    assert.deepEqual(idle.stack, []);
    assert.equal(idle.handles.find(({ type }) => type === 'Timeout')?.count, 100);
    const calls = idle.callbacks.map(({ type, count, function: name, file, line }) => [
      type,
      count,
      name,
      basename(file),
      line,
    ]);
    assert.deepEqual(calls.filter(([, , name]) => name === 'later'), [['Timeout', 97, 'later', 'target.cjs', 10]]); // prettier-ignore
    assert.deepEqual(calls.filter(([, , name]) => name === 'poll'), [['Timeout', 3, 'poll', 'target.cjs', 11]]); // prettier-ignore
    assert.deepEqual(calls.filter(([type]) => type === 'TCPServerWrap'), [['TCPServerWrap', 1, 'serve', 'target.cjs', 13]]); // prettier-ignore
    assert.deepEqual(calls.filter(([, , name]) => name === 'received'), [['TCPSocketWrap', 1, 'received', 'target.cjs', 25]]); // prettier-ignore
    assert.deepEqual(calls.filter(([type]) => type === 'ProcessWrap'), [['ProcessWrap', 1, 'ended', 'target.cjs', 22]]); // prettier-ignore
    const [awaited] = idle.promises?.awaited ?? [];
    assert.deepEqual([awaited?.count, awaited?.stack.map((one) => [one.function, basename(one.file), one.line])], [
      1000, [['Db.query', 'target.cjs', 15], ['Promise.all', '', 0], ['handle', 'target.cjs', 18]]]); // prettier-ignore
    assert.match(idle.handles.find(({ type }) => type === 'TCPServerWrap')?.madeBy ?? '', /^on 127\.0\.0\.1:\d+$/);
    for (const [at, thread] of dump.threads.slice(1).entries()) {
      assert.equal(thread.state, 'waiting');
      assert.match(thread.waitsFor ?? '', /Atomics\.wait/);
      assert.equal(thread.loopDelayUs, null);
      assert.equal(names(thread)[0], `holds${at}`);
    }
    const text = await memwatch(['dump', String(target.pid)]);
    assert.match(text.stdout, /^main thread: idle: its event loop is waiting for events/m, text.stdout + text.stderr);
    assert.match(text.stdout, /^ {4}100 Timeout\n {8}97 call later \(function at .*target\.cjs:10\)$/m);
    assert.match(text.stdout, /^ {8}1,000 awaited by Db\.query \(.*target\.cjs:15\) < Promise\.all < handle/m);
    assert.match(text.stdout, /^worker 2 \(w1\): waiting for a lock \(Atomics\.wait.*\n {4}holds1 \(.*:\d+\)$/m);
  });

  test(`on Node ${node}, a worker’s pending promises are shown by the async function that waits`, async (t) => {
    const target = await start(
      t,
      `const { Worker } = require('node:worker_threads');
      const code = \`
        globalThis.held = [];
        async function waits() {
          await new Promise((resolve) => held.push(resolve));
        }
        for (let i = 0; i < 20; i++) waits();
        setInterval(() => {}, 1000);
        require('node:worker_threads').parentPort.postMessage('waits');\`;
      new Worker(code, { eval: true }).once('message', () => console.log('ready'));`,
    );
    const [awaited] = (await dumpOf(target.pid)).threads[1]?.promises?.awaited ?? [];
    assert.deepEqual([awaited?.count, awaited?.stack.map((one) => [one.function, one.line])], [20, [['waits', 4]]]);
  });

  test(`on Node ${node}, a process that waits for a child lets nobody in, and is shown as the kernel sees it`, async (t) => {
    const target = await start(
      t,
      `setTimeout(() => require('node:child_process').execSync('sleep 20; true'), 20);
      console.log('ready');
      setInterval(() => {}, 1000);`,
    );
    const dump = await dumpOf(target.pid);
    assert.equal(main(dump).state, 'waiting');
    assert.match(main(dump).waitsFor ?? '', /child process/);
    const commands = dump.children.map(({ command }) => basename(command));
    assert.deepEqual(commands, ['sh …', 'sleep …']);
    assert.match(dump.warnings.join(), /no stacks/);
  });
}

test('a process that waits for one short child after another is asked between them', async (t) => {
  const target = await startSource(
    t,
    `const { execSync } = require('node:child_process');
    function convert() { for (;;) execSync('sleep 0.2'); }
    setTimeout(convert, 20);
    console.log('ready');`,
    { kind: 'cjs' },
  );
  const dump = await dumpOf(target.pid);
  assert.ok(names(main(dump)).includes('convert'), JSON.stringify(dump));
});

test('a process that works in one long call of native code is shown as the kernel sees it', async (t) => {
  const source = `setTimeout(() => require('node:crypto').pbkdf2Sync('a', 'b', 1e8, 64, 'sha512'), 20);
    console.log('ready');`;
  const target = await startSource(t, source, { kind: 'cjs' });
  const dump = await dumpOf(target.pid);
  assert.equal(main(dump).state, 'running');
  assert.match(dump.warnings.join(), /one long call of native code/);
});

test('workers that answer nothing keep no other thread from being shown', async (t) => {
  const source = `
    const { Worker } = require('node:worker_threads');
    const begin = 'require("node:worker_threads").parentPort.postMessage(1); ';
    const works = [\`require('node:crypto').pbkdf2Sync('a', 'b', 1e8, 64, 'sha512')\`, \`require('node:child_process').execSync('sleep 60')\`];
    const workers = works.map((work, at) => new Worker(begin + work, { eval: true, name: 'silent' + at }));
    setInterval(function tick() {}, 1000);
    Promise.all(workers.map((worker) => new Promise((go) => worker.once('message', go)))).then(() => console.log('ready'));`;
  for (const node of [20, 26] as const) {
    const target = await startSource(t, source, { kind: 'cjs', node });
    const { threads, warnings } = await dumpOf(target.pid);
    assert.deepEqual(threads.map(({ worker }) => worker), ['main thread', 'worker 1 (silent0)', 'worker 2 (silent1)']); // prettier-ignore
    assert.equal(threads[0]?.state, 'idle');
    assert.ok(threads[0].callbacks.some((one) => one.function === 'tick'));
    for (const { state, waitsFor, stack } of threads.slice(1)) {
      assert.deepEqual(stack, []);
      assert.ok(state === 'running' || waitsFor !== null, JSON.stringify({ state, waitsFor }));
    }
    assert.doesNotMatch(warnings.join(), /main thread/);
  }
});
