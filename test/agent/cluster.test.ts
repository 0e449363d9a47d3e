import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { attach, withAttachment } from '#memwatch/agent/attach/attach.js';
import { clusterWorkersOf } from '#memwatch/agent/attach/cluster.js';
import { childProcessIds, readProcess } from '#memwatch/agent/process/proc.js';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import { makeCgroup } from '../support/cgroups.js';
import { memwatch } from '../support/memwatch.js';
import { testedMajors, type NodeMajor } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { printedLine, startSource, type StartedTarget } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const primaryOf = ({ pid }: StartedTarget) => ({ kind: 'pid', pid, worker: undefined }) as const;

/** Four workers; from SIGUSR2 on, every 50 ms a fifth one that ends soon. The workers' own code is an argument. */
const startCluster = (t: TestContext, node: NodeMajor, worker = ''): Promise<StartedTarget> =>
  startSource(
    t,
    `const cluster = require('node:cluster');
    if (cluster.isPrimary) {
      let up = 0;
      for (let i = 0; i < 4; i++) cluster.fork().once('message', () => { if (++up === 4) console.log('ready'); });
      process.on('SIGUSR2', () => setInterval(() => {
        if (Object.keys(cluster.workers).length < 6) cluster.fork({ SHORT: '1' });
      }, 50));
      setInterval(() => {}, 1000);
    } else {
      setInterval(() => {}, 1000);
      if (process.env.SHORT) setTimeout(() => process.exit(), 1500);
      ${worker};
      process.send('up');
    }`,
    { node, kind: 'cjs' },
  );

/** Loopback ports of the whole process tree: a primary listens for its workers on other addresses, if they listen at all. */
const openPorts = ({ pid }: StartedTarget): number[] =>
  [pid, ...childProcessIds(pid)].flatMap((one) => listeningPorts(one).map(({ port }) => port));
const nothingOpen = (target: StartedTarget): Promise<void> =>
  eventually('no inspector is open in the tree', () => openPorts(target).length === 0, 30_000);

for (const node of testedMajors) {
  test(`a cluster primary of Node ${node} is attached to, and no worker's inspector stays open`, async (t) => {
    const target = await startCluster(t, node);
    const { stdout } = await memwatch(['ps']);
    const note = `${target.pid} is a cluster primary: attaching briefly opens the inspectors of its workers (4), too`;
    assert.equal(stdout.includes(note), true);
    const warnings: string[] = [];
    const warn = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', warn);
    t.after(() => process.off('warning', warn));
    const { signal } = new AbortController();
    await withAttachment(primaryOf(target), { signal }, async ({ port }) =>
      assert.deepEqual(openPorts(target), [port]),
    );
    assert.deepEqual(warnings, [], 'many listeners on the signal');
    await nothingOpen(target);
    assert.doesNotMatch(target.output(), /failed: address already in use/);
    target.child.kill('SIGUSR2'); // from now on workers keep starting
    await withAttachment(primaryOf(target), {}, async ({ opened }) => assert.equal(opened, true));
    await nothingOpen(target);
    assert.equal(clusterWorkersOf(target.pid).length >= 4, true);
  });
}

test('a blocked worker is left without an inspector, too', async (t) => {
  const target = await startCluster(
    t,
    22,
    `setTimeout(() => { for (const end = Date.now() + 4000; Date.now() < end;); process.title = 'free'; }, 300)`,
  );
  await withAttachment(primaryOf(target), {}, async ({ opened }) => assert.equal(opened, true));
  await eventually('the workers are free', () =>
    clusterWorkersOf(target.pid).every(({ command }) => command[0] === 'free'),
  );
  await nothingOpen(target);
});

/** Returns when an inspector is open. Another test may hold the port of the primary for longer than memwatch waits. */
const startAttach = async (target: StartedTarget): Promise<Attaching> => {
  for (let attempt = 1; ; attempt++) {
    const child = spawn(process.execPath, [repository('dist/cli.js'), 'attach', String(target.pid), '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const attached = once(child.stdout, 'data').catch(() => {});
    const errors = text(child.stderr);
    const exited = new Promise<void>((done) => child.on('exit', () => done()));
    const isOver = (): boolean => child.exitCode !== null;
    await eventually('an inspector is open', () => isOver() || openPorts(target).length > 0, 30_000);
    if (!isOver()) return { child, attached, exited };
    assert.match(await errors, /opens its inspector on port/);
    assert.ok(attempt < 10, await errors);
  }
};

interface Attaching {
  readonly child: ChildProcess;
  readonly attached: Promise<unknown>;
  readonly exited: Promise<void>;
}

test('after kill -9 a primary and its workers close their inspectors, at once by memwatch detach', async (t) => {
  for (const [node, delayMs, detach] of [
    [20, 600, true],
    [24, 900, true],
    [26, 1200, false],
  ] as const) {
    const target = await startCluster(t, node);
    const { child, attached, exited } = await startAttach(target);
    await (detach ? new Promise((go) => setTimeout(go, delayMs)) : Promise.race([attached, exited]));
    child.kill('SIGKILL');
    await exited;
    const { code, stderr } = detach ? await memwatch(['detach', String(target.pid)]) : { code: 0, stderr: '' };
    assert.deepEqual([code, stderr], [0, '']);
    await nothingOpen(target);
    assert.equal(clusterWorkersOf(target.pid).length, 4);
  }
});

test('a primary is not signalled if the signal would end a worker, or reach it unobserved', async (t) => {
  const unsafe = `const own = () => {}; process.on('SIGUSR1', own); process.removeListener('SIGUSR1', own)`;
  const target = await startCluster(t, 24, `if (require('node:cluster').worker.id === 3) { ${unsafe} }`);
  const message = /is a cluster primary and passes SIGUSR1 on to its worker \d+, which does not catch SIGUSR1/;
  await assert.rejects(attach(primaryOf(target)), { code: 'not-attachable', message });
  assert.equal(clusterWorkersOf(target.pid).length, 4);
  assert.deepEqual(openPorts(target), []);
});

test('a primary is refused while there is no room for all inspectors, or a worker is stopped', async (t) => {
  const target = await startCluster(t, 22);
  const cgroup = makeCgroup(t, target.pid);
  if (cgroup !== undefined) {
    cgroup.leaveRoom(25e6);
    const message = /attaching to it and to its 4 cluster workers takes up to 32 MB/;
    await assert.rejects(attach(primaryOf(target)), { code: 'not-attachable', message });
    assert.match((await memwatch(['ps'])).stdout, message);
    assert.doesNotMatch(target.output(), /Debugger listening/);
    cgroup.setLimit(2 ** 40);
  }
  const worker = clusterWorkersOf(target.pid)[1]?.pid ?? -1;
  process.kill(worker, 'SIGSTOP');
  await eventually('it is stopped', () => readProcess(worker)?.state === 'T');
  await assert.rejects(attach(primaryOf(target)), {
    code: 'not-attachable',
    message: /its worker \d+, which is stopped/,
  });
  process.kill(worker, 'SIGCONT');
  await withAttachment(primaryOf(target), {}, async ({ opened }) => assert.equal(opened, true));
  await nothingOpen(target);
});

test('a primary whose workers have their own SIGUSR1 handler passes nothing on', async (t) => {
  const target = await startCluster(t, 26, `process.on('SIGUSR1', () => console.log('own handler'))`);
  await assert.rejects(attach(primaryOf(target)), { message: /its worker \d+: .*its own SIGUSR1 handler/ });
  await printedLine(target, /own handler/);
  assert.equal(target.output().match(/own handler/g)?.length, 1);
  assert.deepEqual(openPorts(target), []);
});
