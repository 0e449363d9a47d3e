/** Every command that takes a target leaves all processes and threads of the target's tree as they were. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '#memwatch/commands/index.js';
import { memwatch } from '../support/memwatch.js';
import type { NodeMajor } from '../support/nodes.js';
import { temporaryFolder } from '../support/targets.js';
import { startTree, type Tree } from '../support/tree.js';

/**
 * They read or mark files, or start processes of their own; mcp runs the code of the others. serve and watch run until they are stopped:
 * their own tests see what they leave.
 */
const withoutTarget = 'diff view export audit bisect mcp plot mark query run why completion serve watch'.split(' ');

const short = ['--duration', '300ms'];
const rounds = ['--interval', '100ms', '--rounds', '3', '--warm-up', '0', '--max-time', '1s'];

/** Of each other command: the words after its name, for a target, its worker and a folder to write in. */
const rows: Record<string, (pid: string, worker: string, folder: string) => readonly (readonly string[])[]> = {
  ps: () => [[]],
  attach: (pid, worker) => [
    [pid, '--count', '1'],
    [worker, '--count', '1', '--json'],
  ],
  detach: (pid) => [[pid]],
  top: (pid) => [[pid, '--count', '1', '--interval', '200ms']],
  dump: (pid) => [[pid]],
  memory: (pid) => [[pid, '--collect']],
  census: (pid, worker) => [
    [pid, '--watch', '--rounds', '2', '--interval', '100ms'],
    [worker, '--json'],
  ],
  cpu: (pid, worker, folder) => [
    [pid, ...short, '--precise', '--calls', '-o', join(folder, 'main.cpuprofile')],
    [worker, ...short, '--precise', '-o', join(folder, 'worker.cpuprofile')],
  ],
  alloc: (pid, _, folder) => [[pid, ...short, '--precise', '-o', join(folder, 'main.heapprofile')]],
  lines: (pid) => [
    [pid, 'target.cjs:spin', '--duration', '1s'], // it runs for a millisecond now and then
    [pid, 'target.cjs:work', ...short, '--probe'],
  ],
  snapshot: (pid, worker, folder) => [
    [pid, '-o', join(folder, 'main.heapsnapshot')],
    [worker, '-o', join(folder, 'worker.heapsnapshot')],
  ],
  heap: (pid) => [[pid]],
  waste: (pid) => [[pid]],
  leaks: (pid) => [
    [pid, ...rounds, '--growth-sites'],
    [pid, ...rounds, '--light'],
  ],
  record: (pid, _, folder) => [[pid, ...short, '--interval', '100ms', '-o', join(folder, 'tree.record')]],
  check: (pid) => [['--pid', pid, '--interval', '100ms', '--max-time', '1s']],
};

test('every command has its row, or is known to take no target', () => {
  assert.deepEqual([...Object.keys(rows), ...withoutTarget].toSorted(), [...commands.keys()].toSorted());
});

/** What each way of looking leaves in the oldest Node: the others take their captures by the same code. */
const onNode20 = ['dump', 'census', 'cpu', 'leaks'];
const plan: readonly [NodeMajor, readonly string[]][] = [
  [26, Object.keys(rows)],
  [20, onNode20],
];

for (const [node, names] of plan) {
  test(`no command changes anything in a tree of processes of Node ${node}`, async (t) => {
    const folder = temporaryFolder(t);
    const tree = await startTree(t, node);
    const pid = String(tree.target.pid);
    await warmUp(tree, folder);
    const before = await tree.state();
    for (const [name, wordsOf] of Object.entries(rows)) {
      for (const words of names.includes(name) ? wordsOf(pid, `${pid}/1`, folder) : []) {
        await t.test(`${name} ${words.slice(1).join(' ').replaceAll(folder, '')}`, async () => {
          const run = await memwatch([name, ...words], { cwd: folder, timeoutMs: 240_000 });
          assert.equal(run.code, 0, `${run.stdout}\n${run.stderr}`);
          assert.deepEqual(changes(before, await tree.state()), []);
        });
      }
    }
    assert.match(tree.target.output(), /^flags set [1-9]/m); // they were seen being set, and being set back
    assert.equal(tree.target.child.exitCode, null);
  });
}

/** What is in one of the two alone, or in another number. */
const changes = (before: readonly string[], after: readonly string[]): string[] => {
  const counts = new Map<string, number>();
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) - 1);
  for (const line of after) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].flatMap(([line, count]) => (count === 0 ? [] : [`${count > 0 ? '+' : ''}${count} ${line}`]));
};

/** What Node itself does once and keeps: threads and files of its tracing, which a snapshot's times are read from. */
const warmUp = async (tree: Tree, folder: string): Promise<void> => {
  const before = await tree.state();
  await memwatch(['snapshot', String(tree.target.pid), '-o', join(folder, 'first.heapsnapshot')]);
  const others = changes(before, await tree.state()).filter(
    (line) => !/^[+-]\d+ +outside 0 (threads|files): /.test(line),
  );
  assert.deepEqual(others, []);
};
