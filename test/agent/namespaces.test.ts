/** Attaching from the host to processes in namespaces of their own, as containers have. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { withAttachment } from '#memwatch/agent/attach/attach.js';
import { parseTarget } from '#memwatch/agent/attach/target.js';
import { childProcessIds, innerPid, readProcess } from '#memwatch/agent/process/proc.js';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import { readInside, readTargetFile } from '#memwatch/agent/process/target-files.js';
import { evaluate } from '#memwatch/agent/session/evaluate.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { nodeBinary } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { startProcess, temporaryFolder } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const mayEnter = spawnSync('unshare', ['-n', '-m', 'ip', 'link', 'set', 'lo', 'up']).status === 0;
const skip = mayEnter ? false : 'this user may not make namespaces, or there is no ip';

const program = `setInterval(() => {}, 1000); console.log('ready')`;
const loopback = 'ip link set lo up;';

/** Starts a program under `unshare` with these options; returns its id as the host sees it. */
const startInside = async (
  t: TestContext,
  options: readonly string[],
  {
    before = loopback,
    source = program,
    node = process.execPath,
  }: { before?: string | undefined; source?: string; node?: string } = {},
): Promise<number> => {
  const run = `${before} exec $root "$0" --input-type=module -e "$1"`;
  const target = await startProcess(t, 'unshare', [...options, 'sh', '-c', run, node, source]);
  const [child] = options.includes('-f') ? childProcessIds(target.pid) : [];
  if (child !== undefined) t.after(() => void process.kill(child, 'SIGKILL'));
  return child ?? target.pid;
};

/** The processes that memwatch started to enter another namespace. */
const helpers = (): string[] =>
  childProcessIds(process.pid)
    .map((child) => readProcess(child)?.command.join(' ') ?? '')
    .filter((command) => /nsenter|connect-inside/.test(command));

const kinds: Readonly<Record<string, readonly [options: readonly string[], before?: string]>> = {
  'a network namespace': [['-n']],
  'a network and a process namespace': [['-n', '-p', '-f', '--mount-proc']],
  'a network and a mount namespace': [['-n', '-m']],
  'a network and a user namespace': [['-n', '-U', '-r']],
  'a network namespace, in a chroot': [['-n', '-m'], `${loopback} mount --rbind / /mnt; root='chroot /mnt';`],
  'a process namespace in the network of the host': [['-p', '-f', '--mount-proc'], ''],
};

for (const [kind, [options, before]] of Object.entries(kinds)) {
  test(`attaches to a process in ${kind}, and leaves nothing`, { skip }, async (t) => {
    const pid = await startInside(t, options, { before });
    const named = { kind: 'pid', pid, worker: undefined } as const;
    const inner = await withAttachment(named, {}, ({ session }) => evaluate<number>(session, 'process.pid'));
    assert.equal(inner, innerPid(pid));
    await noPortOpen(pid);
    await eventually('its helpers have ended', () => helpers().length === 0, 5000); // each was told to
  });
}

test(
  'a port means the process that serves it in this network; in a container only where none does',
  { skip },
  async (t) => {
    const serve = (port: number): string =>
      `import net from 'node:net'; net.createServer().listen(${port}, function () { console.log('ready', this.address().port); });`;
    const here = await startProcess(t, process.execPath, ['--input-type=module', '-e', serve(0)]);
    const port = Number(/ready (\d+)/.exec(here.output())?.[1]);
    const inside = await startInside(t, ['-n'], { source: serve(port) });
    assert.deepEqual(parseTarget(`:${port}`), { kind: 'pid', pid: here.pid, worker: undefined });
    process.kill(here.pid, 'SIGKILL');
    await here.exited;
    assert.deepEqual(parseTarget(`:${port}`), { kind: 'pid', pid: inside, worker: undefined });
  },
);

/** `ps` asks every Node process of the machine, of which there may be many. */
const patient = { timeoutMs: 240_000 };

test('ps and cpu work from outside; without the capability, or without nsenter, they say so', { skip }, async (t) => {
  const other = process.version.startsWith('v22.') ? 24 : 22;
  const pid = await startInside(t, ['-n', '-p', '-f', '--mount-proc'], { node: nodeBinary(other) });
  const { processes } = (await memwatchJson(['ps'], patient)) as {
    processes: { pid: number; attachable: boolean; version: string }[];
  };
  const own = processes.find((one) => one.pid === pid);
  assert.equal(own?.attachable, true);
  assert.match(own.version, new RegExp(`^v${other}\\.`), 'found without starting a program of the container');
  const cpu = await memwatchJson(['cpu', String(pid), '--duration', '0.2'], patient);
  assert.equal(cpu['schema'], 'memwatch/cpu@1');
  await noPortOpen(pid);

  const unable = ['--bounding-set=-sys_admin', process.execPath, repository('dist/cli.js'), 'cpu', String(pid)];
  const refused = spawnSync('setpriv', unable, { encoding: 'utf8' });
  assert.match(refused.stderr, /is in another network namespace \(as in a container\).* without CAP_SYS_ADMIN/);
  const alone = await memwatch(['cpu', String(pid)], { env: { ...process.env, PATH: '/nowhere' } });
  assert.match(alone.stderr, /takes the program nsenter .*there is none\n.*install nsenter/);
});

test('where /proc shows the ids of another process namespace, nothing is signalled', { skip }, async (t) => {
  const { pid } = await startProcess(t, process.execPath, ['-e', program]);
  const inside = ['-p', '-f', process.execPath, repository('dist/cli.js'), 'cpu', String(pid), '-d', '100ms'];
  const { status, stderr } = spawnSync('unshare', inside, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 2);
  assert.match(stderr, /^memwatch: the \/proc here shows the process ids of another process namespace\n {2}mount/);
});

test('where loopback is down nothing is signalled, and memwatch says what is missing', { skip }, async (t) => {
  const source = `process.on('SIGUSR1', () => console.log('signalled')); ${program}`;
  const pid = await startInside(t, ['-n'], { before: '', source });
  const run = await memwatch(['cpu', String(pid)]);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /lo is down there\n.*ip link set lo up/);
  assert.doesNotMatch(run.stderr, /SIGUSR1/);
  const unable = ['--bounding-set=-net_admin', process.execPath, repository('dist/cli.js'), 'cpu', String(pid)];
  const advised = spawnSync('setpriv', unable, { encoding: 'utf8' });
  assert.match(advised.stderr, /ip link set lo up, with CAP_NET_ADMIN/);
  // memwatch in the same network
  const both = `"$0" -e "$1" & sleep 1; "$0" "$2" cpu $!; cat /proc/$!/net/tcp >&2; kill $!`;
  const args = ['-n', 'sh', '-c', both, process.execPath, 'setInterval(() => {}, 50)', repository('dist/cli.js')];
  const { stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
  assert.match(
    stderr,
    /cannot be reached on 127\.0\.0\.1, .*memwatch cannot connect to itself there \(E\w+\)\n.*ip link set lo up/,
  );
  assert.doesNotMatch(stderr, /:240D /, 'port 9229 is not open');
});

test('an inspector that a firewall hides is not denied, and closed when it can be reached', { skip }, async (t) => {
  // no connection to port 9229: a rule before the one for the addresses of this machine
  const firewall = `${loopback} ip rule add pref 100 lookup local && ip rule del pref 0 && ip rule add pref 10 dport 9229 ipproto tcp prohibit || exit;`;
  const pid = await startInside(t, ['-n'], { before: firewall });
  const asked = await memwatch(['census', String(pid)]);
  const hidden = `listens on 127\\.0\\.0\\.1:9229, the port of its inspector, and memwatch cannot connect to it \\(.*\\)`;
  assert.match(asked.stderr, new RegExp(`was asked for an inspector \\(SIGUSR1\\); it ${hidden}\\n`));
  for (const command of ['census', 'detach']) {
    const { code, stderr } = await memwatch([command, String(pid)]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`process ${pid} ${hidden}(: it stays open)?\\n.*let the firewall pass it`));
  }
  assert.equal(listeningPorts(pid).length, 1);
  spawnSync('nsenter', ['-n', '-t', String(pid), 'ip', 'rule', 'del', 'pref', '10']);
  await noPortOpen(pid);
});

test(
  'the helper that connects from inside ends when memwatch does, though its connection hangs',
  { skip },
  async (t) => {
    const silent = 'ip link set lo up && ip route add 192.0.2.0/24 dev lo && exec "$0" "$@"';
    const helper = [process.execPath, repository('dist/agent/process/connect-inside-worker.js'), '192.0.2.1', '9229'];
    const child = spawn('unshare', ['-n', 'sh', '-c', silent, ...helper], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    t.after(() => void child.kill('SIGKILL'));
    const ended = new Promise((resolve) => void child.once('exit', resolve));
    await eventually('it connects', () => / 02 /.test(readFileSync(`/proc/${child.pid}/net/tcp`, 'utf8')));
    child.disconnect();
    await ended;
  },
);

test('a file is read as the process sees it', { skip }, async (t) => {
  const folder = temporaryFolder(t);
  const hidden = join(folder, 'app.js.map');
  const before = `${loopback} mount -t tmpfs none ${folder}; echo inside >${hidden};`;
  const pid = await startInside(t, ['-n', '-m'], { before });
  writeFileSync(hidden, 'outside');
  assert.equal(await readTargetFile(pid, hidden, 100), 'inside\n');
  assert.equal(await readTargetFile(process.pid, hidden, 100), 'outside');
  assert.equal(await readTargetFile(pid, hidden, 3), undefined);
});

test('links inside a container do not lead outside of its root', async (t) => {
  const folder = temporaryFolder(t);
  const root = join(folder, 'root');
  mkdirSync(join(root, 'app/deep'), { recursive: true });
  writeFileSync(join(folder, 'secret'), 'of the host');
  writeFileSync(join(root, 'file'), 'of the container');
  symlinkSync('/file', join(root, 'app/absolute'));
  symlinkSync('../../../../../file', join(root, 'app/deep/climbs'));
  symlinkSync(join(folder, 'secret'), join(root, 'app/out'));
  symlinkSync('../../../secret', join(root, 'app/deep/up'));
  symlinkSync('/app/deep', join(root, 'way'));
  symlinkSync('round', join(root, 'round'));
  symlinkSync('/proc/self/root', join(root, 'magic'));
  const read = (path: string): Promise<string> => readInside(root, path, 100).catch(() => 'nothing');
  for (const path of ['/file', '/app/absolute', '/app/deep/climbs', '/way/climbs', '/../../file', '/way/../../file'])
    assert.equal(await read(path), 'of the container', path);
  for (const path of ['/app/out', '/app/deep/up', '/round', '/app', `/magic${folder}/secret`, '/way/../../secret'])
    assert.equal(await read(path), 'nothing', path);
});
