import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { attach, withAttachment } from '#memwatch/agent/attach/attach.js';
import { nextInspector, openInspector } from '#memwatch/agent/attach/inspector.js';
import { isInInnerLoop, mayWaitForChild, programOf, readProcess } from '#memwatch/agent/process/proc.js';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import { nodeBinary, testedMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { freePort, startProcess, startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const idle = `setInterval(() => {}, 50); console.log('ready')`;
const pidTarget = ({ pid }: StartedTarget) => ({ kind: 'pid', pid, worker: undefined }) as const;

const refused = async (target: StartedTarget, code: string, message: RegExp): Promise<void> => {
  await assert.rejects(attach(pidTarget(target)), { code, message });
  await new Promise((go) => setTimeout(go, 50)); // if a signal was sent, it would end the process by now
  assert.equal(target.child.exitCode, null);
  assert.equal(target.child.signalCode, null);
};

test('a shell and a Python process get no signal', async (t) => {
  const shell = await startProcess(t, '/bin/sh', ['-c', 'echo ready; while :; do sleep 1; done']);
  await refused(shell, 'not-node', /is not Node\.js but/);
  const handler = 'import signal; signal.signal(signal.SIGUSR1, lambda *a: print("signalled", flush=True))';
  const python = await startProcess(t, 'python3', [
    '-c',
    `${handler}; import time; print("ready", flush=True); time.sleep(60)`,
  ]);
  assert.equal(readProcess(python.pid)?.catchesSigusr1, true);
  await refused(python, 'not-node', /is not Node\.js but/);
  assert.doesNotMatch(python.output(), /signalled/);
});

for (const node of [22, 24, 26] as const) {
  test(`a Node ${node} with --disable-sigusr1 gets no signal`, async (t) => {
    const target = await startSource(t, idle, { node, flags: ['--disable-sigusr1'] });
    await refused(target, 'not-attachable', /--disable-sigusr1/);
  });
}

for (const node of testedMajors) {
  test(`a Node ${node} under the permission model gets no signal`, async (t) => {
    const flag = node === 20 ? '--experimental-permission' : '--permission';
    const target = await startProcess(t, nodeBinary(node), [flag, '-e', idle]);
    await refused(target, 'not-attachable', /permission model/);
  });

  test(`a Node ${node} under the permission model of NODE_OPTIONS is refused for that reason`, async (t) => {
    const flag = node === 20 ? '--experimental-permission' : '--permission';
    const env = { NODE_OPTIONS: `${flag} --allow-fs-read=*` };
    const target = await startProcess(t, nodeBinary(node), ['-e', idle], { env });
    await refused(target, 'not-attachable', /runs under the permission model/);
  });

  test(`a Node ${node} that has taken its SIGUSR1 listener away again gets no signal, which would end it`, async (t) => {
    const program = `const own = () => {}; process.on('SIGUSR1', own); process.removeListener('SIGUSR1', own); ${idle}`;
    const target = await startSource(t, program, { node });
    await eventually('the signal is caught no more', () => readProcess(target.pid)?.catchesSigusr1 === false);
    await refused(target, 'not-attachable', /does not catch SIGUSR1/);
  });
}

test('a Node with its own SIGUSR1 handler is recognised, and survives', async (t) => {
  const program = `process.on('SIGUSR1', () => console.log('own handler')); ${idle}`;
  const target = await startSource(t, program, { node: 24 });
  await refused(target, 'not-attachable', /own SIGUSR1 handler/);
  assert.match(target.output(), /own handler/);
});

test('a port that opens after the signal, and is slow to answer, is waited for; whoever would close it stays', async (t) => {
  const mute = `process.on('SIGUSR1', () => require('node:net').createServer(() => {}).listen(0, '127.0.0.1')); ${idle}`;
  const target = await startSource(t, mute, { node: 22, kind: 'cjs' });
  const status = readProcess(target.pid);
  assert.ok(status !== undefined);
  let dismissed = 0;
  const closer = {
    start: () => {},
    dismiss: () => void dismissed++,
    takeOver: () => {},
    describe: () => 'it is closed',
  };
  const opening = openInspector(status, closer, { timeoutMs: 6000 });
  await assert.rejects(opening, { code: 'no-answer', message: /opened none within \d+ s/ });
  assert.equal(dismissed, 0);
});

test('a process that is stopped gets no signal, and is attached to when it goes on', async (t) => {
  const target = await startSource(t, idle, { node: 22 });
  target.child.kill('SIGSTOP');
  await eventually('it is stopped', () => readProcess(target.pid)?.state === 'T');
  await refused(target, 'not-attachable', /is stopped/);
  target.child.kill('SIGCONT');
  await withAttachment(pidTarget(target), {}, async ({ opened }) => assert.equal(opened, true));
});

test('a port that another program holds is named with its holder, and the target gets no signal', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const target = await startSource(t, idle, { node: 24, flags: [`--inspect-port=${port}`] });
  await refused(target, 'port-taken', new RegExp(`on port ${port}, which process ${process.pid} `));
  assert.doesNotMatch(target.output(), /address already in use/);
});

for (const node of testedMajors) {
  test(`a port that an idle inspector of a Node ${node} holds is borrowed, and given back`, async (t) => {
    const port = await freePort();
    const lender = await startSource(t, idle, { node, flags: [`--inspect=127.0.0.1:${port}`] });
    const target = await startSource(t, idle, { node, flags: [`--inspect-port=${port}`] });
    await withAttachment(pidTarget(target), {}, async ({ opened, pid }) => {
      assert.deepEqual([opened, pid], [true, target.pid]);
    });
    await noPortOpen(target.pid);
    const isBack = (): boolean => listeningPorts(lender.pid).some((listener) => listener.port === port);
    await eventually('the lender listens again', isBack);
    assert.equal(lender.child.exitCode, null);
  });
}

test('a port is not borrowed from an inspector that a debugger is connected to', async (t) => {
  const port = await freePort();
  const lender = await startSource(t, idle, { node: 24, flags: [`--inspect=127.0.0.1:${port}`] });
  const target = await startSource(t, idle, { node: 24, flags: [`--inspect-port=${port}`] });
  await withAttachment(pidTarget(lender), {}, async ({ session }) => {
    await refused(target, 'port-taken', new RegExp(`on port ${port}, which process ${lender.pid} `));
    assert.equal(session.closed.aborted, false);
  });
});

test('a target with --inspect-port=0 opens any port, and is attached to', async (t) => {
  const target = await startSource(t, idle, { node: 22, env: { NODE_OPTIONS: '--inspect-port=0' } });
  await withAttachment(pidTarget(target), {}, async ({ opened }) => assert.equal(opened, true));
  await noPortOpen(target.pid);
});

test('a process that is blocked in a system call is waited for, and then attached to', async (t) => {
  const program = `import { spawnSync } from 'node:child_process';
    setTimeout(() => spawnSync('sleep', ['2']), 20); ${idle}`;
  const target = await startSource(t, program, { node: 20 });
  await eventually('it is blocked', () => mayWaitForChild(target.pid));
  const said: string[] = [];
  const attachment = await attach(pidTarget(target), { onProgress: (text) => said.push(text) });
  await attachment.detach();
  assert.match(
    said.join('\n'),
    /waiting for \d+ to open its inspector: it waits for (a child in spawnSync or execSync|events, or in spawnSync for a child)/,
  );
});

test('a target that has no files left for an inspector, without which Node would end it, gets no signal', async (t) => {
  const command = ['-c', `ulimit -n 30; exec "$0" -e "$1"`, nodeBinary(22), idle];
  const target = await startProcess(t, '/bin/sh', command);
  await refused(target, 'not-attachable', /has \d+ files open and may open 30 \(ulimit -n\)/);
  assert.doesNotMatch(target.output(), /Debugger listening/);
});

test('a target whose cgroup allows no more threads gets no signal', async (t) => {
  const target = await startSource(t, idle, { node: 24 });
  const folder = `/sys/fs/cgroup${existsSync('/sys/fs/cgroup/pids') ? '/pids' : ''}/memwatch-test-${process.pid}`;
  try {
    mkdirSync(folder);
    t.after(() => rmdirSync(folder)); // runs after the target has ended
    writeFileSync(`${folder}/cgroup.procs`, String(target.pid));
    writeFileSync(`${folder}/pids.max`, readFileSync(`${folder}/pids.current`, 'utf8'));
  } catch {
    return t.skip('no cgroup may be made here');
  }
  await refused(target, 'not-attachable', /may start no more than 0 threads \(pids\.max of the cgroup /);
});

test('a worker that waits in Atomics.wait is not taken for a child that the main thread waits for', async (t) => {
  const program = `
    const { Worker, isMainThread } = require('node:worker_threads');
    if (isMainThread) new Worker(__filename).once('online', () => console.log('ready'));
    else setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 100);`;
  const target = await startSource(t, program, { node: 22, kind: 'cjs' });
  await new Promise((go) => setTimeout(go, 300));
  assert.equal(isInInnerLoop(target.pid), false);
});

test('a process that waits for a child at the top of its script is named as such, before ten seconds are over', async (t) => {
  if (readFileSync('/proc/self/syscall', 'utf8') === '') return t.skip('the kernel does not show where threads wait');
  const child = 'while kill -0 $PPID; do sleep 0.1; done';
  const program = `require('node:child_process').execSync('echo ready >&2; ${child}', { stdio: 'inherit' })`;
  const target = await startSource(t, program, { node: 24, kind: 'cjs' });
  await assert.rejects(attach(pidTarget(target)), {
    code: 'no-answer',
    message: /opened none within [4-9] s: it waits for a child in spawnSync or execSync$/,
  });
});

test('there is no process with that id', async () => {
  const gone = { kind: 'pid', pid: 4_194_303, worker: undefined } as const;
  await assert.rejects(attach(gone), { code: 'no-such-process' });
});

const asRoot = { skip: process.getuid?.() === 0 ? false : 'it takes root to become others' };
const cli = repository('dist/cli.js');
/** What `memwatch snapshot <pid>` prints when setpriv runs it with these arguments. */
const saidAs = (setpriv: readonly string[], pid: number): string =>
  spawnSync('setpriv', [...setpriv, process.execPath, cli, 'snapshot', String(pid)], { encoding: 'utf8' }).stderr;
const asUser = ['--reuid', '4242', '--regid', '4242', '--clear-groups'];
const withoutPtrace = ['--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace'];

test(
  'why a process may not be looked into: its user, a change of user, a capability that is missing',
  asRoot,
  async (t) => {
    const node = (source: string): Promise<StartedTarget> => startProcess(t, process.execPath, ['-e', source + idle]);
    const [roots, changed, between] = await Promise.all([
      node(''),
      node('process.setgid(4242); process.setuid(4242);'),
      node('process.seteuid(4242);'),
    ]);
    assert.match(saidAs(asUser, roots.pid), /belongs to another user \(user id 0, memwatch has 4242\)\n/);
    assert.match(saidAs(asUser, changed.pid), /is protected by the kernel: it called setuid or setgid, /);
    assert.doesNotMatch(saidAs(asUser, changed.pid), /another user/);
    assert.match(saidAs(asUser, between.pid), /has changed its user \(setuid: user ids 0, 4242, 0\)\n/);
    assert.match(
      saidAs(withoutPtrace, roots.pid),
      /capabilities that memwatch does not have; memwatch runs as root, but without CAP_SYS_PTRACE\n.*--cap-add SYS_PTRACE/,
    );
    const protectedToo = /memwatch runs as root, but without CAP_SYS_PTRACE\n {2}run memwatch with CAP_SYS_PTRACE/;
    assert.match(saidAs(withoutPtrace, changed.pid), protectedToo, 'its user may not look into it either');
    assert.match(
      saidAs(['--bounding-set=-kill'], changed.pid),
      /may not be sent SIGUSR1: it belongs to another user \(user id 4242\), .* without CAP_KILL\n.*--cap-add KILL/,
    );
  },
);

test('a single-executable application is named as one, with the way that works', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'app.cjs'), idle);
  writeFileSync(join(folder, 'sea.json'), JSON.stringify({ main: 'app.cjs', output: 'app' }));
  execFileSync(nodeBinary(26), ['--build-sea', 'sea.json'], { cwd: folder });
  const target = await startProcess(t, join(folder, 'app'), [], { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
  await refused(target, 'not-attachable', /is a single-executable application of Node: .*app$/);
  const port = listeningPorts(target.pid)[0]?.port ?? 0;
  await assert.rejects(attach(pidTarget(target)), { hint: new RegExp(`memwatch cpu 127\\.0\\.0\\.1:${port}$`) });
  const address = { kind: 'address', host: '127.0.0.1', port, worker: undefined } as const;
  await withAttachment(address, {}, async ({ pid }) => assert.equal(pid, target.pid));

  copyFileSync(nodeBinary(26), join(folder, 'service'));
  const renamed = await startProcess(t, join(folder, 'service'), ['-e', idle], { ready: /ready/ });
  await refused(renamed, 'not-attachable', /is Node\.js under another name: .*service$/);
});

test('a target that has started memwatch in execSync is refused, and gets no signal; after exec it is attached to', async (t) => {
  const program = `import { exec, execSync } from 'node:child_process';
    const command = ${JSON.stringify(`"${process.execPath}" "${repository('dist/cli.js')}" census ${'$'}{process.pid}`)}.replace('${'$'}{process.pid}', process.pid);
    setTimeout(() => {
      try { execSync(command, { stdio: 'pipe' }); } catch ({ stderr }) { console.log(String(stderr)); }
      console.log('sync is over');
      exec(command, (error, stdout) => console.log(stdout, 'async is over'));
    }, 200); console.log('ready'); setInterval(() => {}, 1000);`;
  const target = await startSource(t, program, { node: 22 });
  await eventually('memwatch has ended', () => target.output().includes('sync is over'), 60_000);
  if (readFileSync('/proc/self/syscall', 'utf8') === '') return t.skip('the kernel does not show where threads wait');
  assert.match(target.output(), /waits until this memwatch has ended: it started it synchronously\n {2}start memwatch/);
  assert.doesNotMatch(target.output(), /Debugger listening/);
  await eventually('the other has ended', () => target.output().includes('async is over'), 60_000);
  assert.match(target.output(), /count {2}class/);
});

test('a process that becomes another program is seen to, although its id and its start stay', async (t) => {
  const shell = await startProcess(t, '/bin/sh', ['-c', 'echo ready; read line; exec sleep 60'], { stdin: 'pipe' });
  const before = programOf(shell.pid);
  assert.equal(programOf(shell.pid), before);
  shell.child.stdin?.write('\n');
  await eventually('it is another program', () => programOf(shell.pid) !== before);
  assert.notEqual(programOf(shell.pid), '');
});

test('memwatch does not attach to itself', async () => {
  await assert.rejects(attach({ kind: 'pid', pid: process.pid, worker: undefined }), {
    code: 'bad-argument',
    message: /is this memwatch itself/,
  });
});

test('a process that ends just before its signal, or while its inspector moves, is said to have ended', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready')`);
  const status = readProcess(target.pid);
  assert.ok(status !== undefined);
  target.child.kill('SIGKILL');
  await target.exited;
  const closer = { start() {}, dismiss() {}, takeOver() {}, describe: () => '' };
  const ended = { code: 'no-such-process', message: /^process \d+ ended while/ };
  await assert.rejects(openInspector(status, closer), ended);
  await assert.rejects(nextInspector(target.pid, '', new Set(), undefined), ended);
});
