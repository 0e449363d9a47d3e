/** Captures of a target that has little memory left: what is refused, what is done instead, and that the target survives. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { makeCgroup } from '../support/cgroups.js';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { startProcess, startSource, temporaryFolder } from '../support/targets.js';

const megabyte = 2 ** 20;
/** A quarter of a million objects: a census takes about 30 MB, a snapshot about 350 MB. */
const manyObjects = `globalThis.held = Array.from({ length: 250_000 }, (_, i) => ({ i }));
  setInterval(() => {}, 50); console.log('ready');`;
const quick = ['--interval', '200ms', '--warm-up', '0', '--rounds', '2', '--max-time', '4s'];

test('in a small cgroup each capture is done, refused or replaced by what fits, and the target lives on', async (t) => {
  const target = await startSource(t, manyObjects, { node: 24 });
  const cgroup = makeCgroup(t, target.pid);
  if (cgroup === undefined) return t.skip('no cgroup may be made here');
  const pid = String(target.pid);
  const file = join(temporaryFolder(t), 'room.heapsnapshot');

  cgroup.leaveRoom(10 * megabyte);
  const none = await memwatch(['cpu', pid, '-d', '100ms']);
  assert.equal(none.code, 2);
  assert.match(
    none.stderr,
    /has \d+ MB of memory left \(memory\.\w+ of the cgroup .*\), and attaching takes up to 16 MB/,
  );
  assert.match(none.stderr, /Without attaching, memwatch ps shows its memory/);
  assert.doesNotMatch(target.output(), /Debugger listening/, 'refused before the signal');

  cgroup.leaveRoom(25 * megabyte);
  const sampled = await memwatch(['leaks', pid, ...quick]);
  assert.equal(sampled.code, 0, sampled.stderr);
  assert.match(sampled.stdout, /inconclusive/i);
  assert.match(sampled.stdout, /not\s+enough\s+memory\s+for\s+heap\s+snapshots\s+or\s+object\s+counts/);
  cgroup.leaveRoom(25 * megabyte); // the target keeps some of what the search took
  const profile = await memwatch(['cpu', pid, '-d', '100ms']);
  assert.equal(profile.code, 0, profile.stderr);

  cgroup.leaveRoom(30 * megabyte);
  const census = await memwatch(['census', pid]);
  assert.equal(census.code, 2);
  assert.match(
    census.stderr,
    /a census of a heap of [\d.]+ MB takes an estimated [\d.]+ MB, at most [\d.]+ MB, of additional memory, and the target's cgroup has [\d.]+ MB left\n.*memwatch alloc/,
  );
  const snapshot = await memwatch(['snapshot', pid, '-o', file]);
  assert.equal(snapshot.code, 2);
  assert.match(snapshot.stderr, /\n\s*memwatch alloc fits, because it only takes samples/);

  cgroup.leaveRoom(200 * megabyte);
  const hint = await memwatch(['snapshot', pid, '-o', file]);
  assert.match(hint.stderr, /memwatch census and memwatch alloc fit/);
  const counted = await memwatch(['census', pid]);
  assert.match(counted.stdout, /250,\d{3} +Object/);
  const light = await memwatch(['leaks', pid, ...quick]);
  assert.match(light.stdout, /counts of objects and sampled\s+allocations\s+are\s+weaker\s+evidence/);

  cgroup.setLimit(2 ** 40);
  const whole = await memwatch(['snapshot', pid, '-o', file]);
  assert.equal(whole.code, 0, whole.stderr);
  assert.match(
    whole.stderr,
    /heap of [\d.]+ MB and about [234]\d0,000 objects\. Estimate: .* \([\d.]+ .*s to [\d.]+ .*s\)/,
  );
  assert.match(
    whole.stderr,
    /the target's RSS is [\d.]+ MB higher than before: .* free memory that its allocator keeps/,
  );
  assert.equal(target.child.exitCode ?? target.child.signalCode, null);
});

test('a target that has few addresses left, without which Node ends it, is not captured, and lives on', async (t) => {
  const source = `
    globalThis.kept = Array.from({ length: 400_000 }, (_, i) => ({ i }));
    setInterval(() => {}, 50); console.log('ready');`;
  const target = await startSource(t, source, { node: 24 });
  const addressBytes = 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${target.pid}/status`, 'utf8'))?.[1]);
  execFileSync('prlimit', ['--pid', String(target.pid), `--as=${addressBytes + 500e6}:`]);
  const run = await memwatch(['snapshot', String(target.pid), '-o', join(temporaryFolder(t), 'x.heapsnapshot')]);
  assert.equal(run.code, 2);
  assert.match(
    run.stderr,
    /and the target's ulimit -v \(address space\), less 150 MB to spare, has [\d.]+ M?B left\n.*alloc/,
  );
  assert.equal(target.child.exitCode ?? target.child.signalCode, null);
});

/** Runs memwatch in another cgroup namespace, in which no cgroup is mounted, as in a container for debugging. */
const elsewhere = (t: TestContext): string | undefined => {
  const script = join(temporaryFolder(t), 'elsewhere.sh');
  const hidden = `mount -t tmpfs none /sys/fs/cgroup && exec "$@"`;
  writeFileSync(
    script,
    `#!/bin/sh
all=/sys/fs/cgroup/memory; [ -d $all ] || all=/sys/fs/cgroup
own=$all/memwatch-test-else-$$
mkdir $own && echo $$ > $own/cgroup.procs
unshare -C -m sh -c '${hidden}' sh ${process.execPath} "$@"
code=$?
echo $$ > $all/cgroup.procs; rmdir $own
exit $code
`,
  );
  chmodSync(script, 0o700);
  try {
    execFileSync('unshare', ['-C', '-m', 'sh', '-c', hidden, 'sh', 'true'], { stdio: 'ignore' });
    return script;
  } catch {
    return undefined;
  }
};

/** Runs memwatch and its target in one cgroup namespace, below a cgroup that only the host sees. */
const inContainer = `all=/sys/fs/cgroup/memory; kind='cgroup -o memory'; limit=memory.limit_in_bytes
[ -d $all ] || { all=/sys/fs/cgroup; kind=cgroup2; limit=memory.max; }
outer=$all/memwatch-test-outer-$$
mkdir -p $outer/inner 2>/dev/null || exit 99
[ "$kind" = cgroup2 ] && echo +memory > $outer/cgroup.subtree_control 2>/dev/null
echo 2000000000 > $outer/$limit && echo $$ > $outer/inner/cgroup.procs || exit 99
unshare -C -m sh -c 'mount -t tmpfs none /sys/fs/cgroup && mkdir -p $1 && mount -t $2 none $1 || exit 99
  "$3" -e "setInterval(() => {}, 50)" & target=$!
  sleep 0.5
  "$3" "$4" census $target; echo "code $?"
  "$3" "$4" memory $target
  kill -0 $target && echo alive; kill $target' sh $all "$kind" "$@"
code=$?
echo $$ > $all/cgroup.procs; sleep 0.2; rmdir $outer/inner $outer
exit $code`;

test('in a container, memwatch says that limits of the cgroups above it are not visible, and what they could forbid is refused', (t) => {
  const args = ['-c', inContainer, 'sh', process.execPath, repository('dist/cli.js')];
  const run = spawnSync('sh', args, { encoding: 'utf8', timeout: 120_000 });
  if (run.status === 99) return t.skip('no namespace or cgroup may be made here');
  const hidden =
    'cgroups that are not visible from here, in a container or without a mount of them, may have limits; memwatch on the host sees them';
  assert.match(run.stderr, new RegExp(`a census of a heap of .* memory, and ${hidden}\\n.*--force counts anyway`));
  assert.match(run.stdout, new RegExp(`^code 2\\n[^]*warning: ${hidden}\\n[^]*alive\\n$`));
});

test('from another cgroup namespace the limit is found through the target, or reported as unknown', async (t) => {
  const node = elsewhere(t);
  const seen = await startSource(t, manyObjects, { node: 22 });
  const cgroup = makeCgroup(t, seen.pid);
  if (node === undefined || cgroup === undefined) return t.skip('no namespace or cgroup may be made here');
  cgroup.leaveRoom(30 * megabyte);
  const census = await memwatch(['census', String(seen.pid)], { node });
  assert.match(census.stderr, /the target's cgroup has [\d.]+ MB left/);
  assert.equal(census.code, 2);

  const small = `setInterval(() => {}, 50); console.log('ready');`;
  const mounted = 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"';
  const command = ['-m', 'sh', '-c', mounted, 'sh', nodeBinary(22), '-e', small];
  const unseen = await startProcess(t, 'unshare', command, { ready: /ready/ });
  if (makeCgroup(t, unseen.pid) === undefined) return t.skip('no cgroup may be made here');
  const unknown = await memwatch(['census', String(unseen.pid)], { node });
  assert.match(unknown.stderr, /the memory limit of the target's cgroup is not known/);
  assert.equal(unknown.code, 2);
  const memory = await memwatch(['memory', String(unseen.pid)], { node });
  assert.match(memory.stdout, /^warning: the memory limit of the target's cgroup is not known/m);
  const forced = await memwatch(['census', String(unseen.pid), '--force'], { node });
  assert.equal(forced.code, 0, forced.stderr);
  assert.match(forced.stderr, /census of a heap of .* Estimate: the target stands still for .*; the memory limit of/);
});

/** Runs memwatch in a cgroup namespace whose root is a sibling of the target's cgroup, with the mounts of the host. */
const besideIt = `all=/sys/fs/cgroup/memory; limit=memory.limit_in_bytes
[ -d $all ] || { all=/sys/fs/cgroup; limit=memory.max; }
outer=$all/memwatch-test-beside-$$
mkdir -p $outer/app $outer/inner 2>/dev/null || exit 99
[ $limit = memory.max ] && echo +memory > $outer/cgroup.subtree_control 2>/dev/null
"$1" -e "setInterval(() => {}, 50)" & target=$!
echo 1000000000 > $outer/app/$limit && echo $target > $outer/app/cgroup.procs || exit 99
echo $$ > $outer/inner/cgroup.procs; sleep 0.5
unshare -C "$1" "$2" memory $target --json; code=$?
kill $target; echo $$ > $all/cgroup.procs; sleep 0.2; rmdir $outer/app $outer/inner $outer
exit $code`;

test('memory asks the target for the limit that the mounts of the host do not show from another cgroup namespace', (t) => {
  const args = ['-c', besideIt, 'sh', process.execPath, repository('dist/cli.js')];
  const run = spawnSync('sh', args, { encoding: 'utf8', timeout: 120_000 });
  if (run.status === 99) return t.skip('no namespace or cgroup may be made here');
  assert.match(run.stdout, /"of":\s*"memory\.\w+ of the cgroup [^"]*\/app"/);
});
