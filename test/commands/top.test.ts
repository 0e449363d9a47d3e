/** `memwatch top`: as lines, as documents and on a terminal; whatever ends it, the target is as it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTop, type LookedThread } from '#memwatch/commands/top/view.js';
import { computeTurns, type LongestTurn } from '#memwatch/analyzer/cost/longest-turn.js';
import { readCpuProfile } from '#memwatch/analyzer/formats/cpuprofile.js';
import { memwatch } from '../support/memwatch.js';
import { noTmux, openTerminal, runMemwatch } from '../support/tmux.js';
import { startSource } from '../support/targets.js';
import { noPortOpen } from '../support/waiting.js';

const busy = `
  const { Worker } = require('node:worker_threads');
  function spinFor(ms) { for (const end = Date.now() + ms; Date.now() < end;) Math.sqrt(end); }
  function blocker() { spinFor(150); }
  setInterval(blocker, 300);
  new Worker('function mill(n) { return n < 2 ? n : mill(n - 1) + mill(n - 2); } setInterval(() => mill(27), 60)', { eval: true, name: 'mill' })
    .on('online', () => console.log('ready'));`;

interface Look {
  readonly threads: readonly { name: string; busy: number }[];
  readonly functions: readonly { name: string; file: string | null; selfUs: number; package: string | null }[];
  readonly longestBlock: { thread: string; durationUs: number; stack: readonly { function: string }[] } | null;
}

for (const node of [20, 26] as const) {
  test(`on Node ${node} it names what runs in each thread, look after look, and what blocked the loop`, async (t) => {
    const target = await startSource(t, busy, { node, kind: 'cjs' });
    const run = await memwatch(['top', String(target.pid), '--interval', '700ms', '--count', '3', '--json']);
    assert.equal(run.code, 0, run.stderr);
    const looks = run.stdout.trim().split('\n').map((line) => JSON.parse(line) as Look); // prettier-ignore
    assert.equal(looks.length, 3);
    for (const { threads, functions } of looks) {
      assert.deepEqual(threads.map(({ name }) => name.replace(/ \(.*/, '')), ['main thread', 'worker 1']); // prettier-ignore
      assert.ok(threads.every(({ busy }) => busy > 0), JSON.stringify(threads)); // prettier-ignore
      assert.ok(functions.some(({ name, file }) => /spinFor|blocker/.test(name) && file?.endsWith('target.cjs')));
      assert.ok(functions.some(({ name }) => name === 'mill'));
    }
    const block = looks[2]?.longestBlock;
    assert.ok(block != null && block.durationUs >= 50_000, JSON.stringify(block));
    await noPortOpen(target.pid);
  });
}

test('a block that lasts longer than a look is shown with the stack that blocked', async (t) => {
  const source = `
    function spinFor(ms) { for (const end = Date.now() + ms; Date.now() < end;) Math.sqrt(end); }
    function blocker() { spinFor(2500); }
    setInterval(blocker, 3500);
    setInterval(() => {}, 20);
    console.log('ready');`;
  const target = await startSource(t, source, { kind: 'cjs' });
  const run = await memwatch(['top', String(target.pid), '--interval', '500ms', '--count', '24', '--json']);
  const looks = run.stdout.trim().split('\n').map((line) => JSON.parse(line) as Look); // prettier-ignore
  const block = looks.at(-1)?.longestBlock;
  assert.ok(block != null && block.durationUs > 1e6, JSON.stringify(block));
  const names = block.stack.map((frame) => frame.function);
  assert.deepEqual(names.filter((name) => /blocker|spinFor/.test(name)).at(-1), 'blocker', JSON.stringify(block));
});

test('lines say what it costs; sorts and the choice of own code hold', async (t) => {
  // V8 may inline spinFor into both, which stay functions of their own
  const target = await startSource(t, `${busy} function tidy() { spinFor(90); } setInterval(tidy, 250);`, {
    kind: 'cjs',
  });
  const words = ['top', String(target.pid), '--interval', '2s', '--count', '1', '--threads', 'main'];
  const run = await memwatch([...words, '--own', '--sort', 'name']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /4 to 7 % more CPU.*stands still for/);
  assert.match(run.stdout, /^main thread: [\d.]+% busy/m);
  assert.doesNotMatch(run.stdout, /worker 1|node:internal/);
  const [, table = ''] = run.stdout.split('own time');
  assert.ok(table.indexOf('blocker') > 0 && table.indexOf('blocker') < table.indexOf('tidy'), run.stdout);
  await noPortOpen(target.pid);
});

test(
  'on a terminal keys sort, pause and quit; when it is killed, terminal and target are restored',
  { skip: noTmux },
  async (t) => {
    const target = await startSource(t, busy, { kind: 'cjs' });
    const terminal = openTerminal(t, { columns: 80, rows: 24 });
    runMemwatch(terminal, ['top', String(target.pid), '--interval', '4s']);
    await terminal.until(/the first look takes[^]*4 to 7 %\s+more CPU[^]*stands\s+still/); // before it costs anything
    terminal.keys('q');
    await terminal.until(/exit code 0/);
    runMemwatch(terminal, ['top', String(target.pid), '--interval', '300ms']);
    const screen = await terminal.until(/(spinFor|blocker)[^]*q quit/);
    assert.match(screen, /worker 1 \(mill\): [\d.]+% busy/);
    assert.ok(screen.split('\n').every((line) => line.length <= 80));
    terminal.keys('Space');
    await terminal.until(/space go on/);
    terminal.keys('o');
    await terminal.until(/o all code/);
    terminal.keys('Space');
    await terminal.until(/space pause/);
    terminal.keys('q');
    await terminal.until(/exit code 0/);
    await noPortOpen(target.pid);
    runMemwatch(terminal, ['top', String(target.pid), '--interval', '300ms']);
    await terminal.until(/(spinFor|blocker)[^]*q quit/);
    process.kill(terminal.pid(), 'SIGKILL');
    await terminal.until(/memwatch was killed; the terminal is restored/);
    assert.equal(terminal.modes(), 'screen 0 mouse 0 cursor 1');
    await noPortOpen(target.pid);
    assert.equal(target.child.exitCode, null);
  },
);

test('the longest turn of an event loop is told apart from many short ones', () => {
  const at = (functionName: string) => ({ functionName, scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 });
  const nodes = [
    { id: 1, callFrame: at('(root)'), children: [2, 3, 5, 6] },
    { id: 2, callFrame: at('(idle)') },
    { id: 3, callFrame: { ...at('handle'), url: 'file:///a.js', lineNumber: 1 }, children: [4] },
    { id: 4, callFrame: { ...at('parse'), url: 'file:///a.js', lineNumber: 5 } },
    { id: 5, callFrame: { ...at('other'), url: 'file:///a.js', lineNumber: 9 } },
    { id: 6, callFrame: at('(garbage collector)') },
  ];
  const profileOf = (samples: readonly number[]) =>
    readCpuProfile(
      JSON.stringify({ nodes, startTime: 0, endTime: 10_000, samples, timeDeltas: samples.map(() => 1000) }),
    );
  const said = (turn: LongestTurn | undefined) => [turn?.durationUs, turn?.stack.map(({ function: name, line }) => [name, line])]; // prettier-ignore
  const block = [['parse', 6], ['handle', 2]]; // prettier-ignore
  const { longest, open } = computeTurns(profileOf([3, 2, 5, 2, 4, 4, 3, 2, 5, 5]));
  assert.deepEqual(said(longest), [3000, block]);
  assert.deepEqual(said(open), [1000, [['other', 10]]]); // the last sample has no length
  assert.deepEqual(said(computeTurns(profileOf([4, 6, 4, 4, 2])).longest), [4000, block]);
  // it goes on through the second profile, and ends in the third
  const first = computeTurns(profileOf([2, 4, 4, 4]));
  const second = computeTurns(profileOf([4, 4, 4, 4]), first.open);
  const third = computeTurns(profileOf([4, 3, 2, 5, 2]), second.open);
  assert.deepEqual(said(third.longest), [2000 + 3000 + 2000, block]);
  assert.equal(third.open, undefined);
  // it ended before the first sample; another function began
  assert.deepEqual(said(computeTurns(profileOf([5, 2, 5]), second.open).longest), [5000, block]);
  assert.deepEqual(said(computeTurns(profileOf([2]), second.open).longest), [5000, block]);
});

test('a late timer that no function explains is not shown instead of a block whose stack is known', () => {
  const at = (functionName: string, url: string) => ({
    functionName,
    scriptId: '0',
    url,
    lineNumber: 1,
    columnNumber: 1,
  });
  const nodes = [
    { id: 1, callFrame: at('(root)', ''), children: [2, 3] },
    { id: 2, callFrame: at('(idle)', '') },
    { id: 3, callFrame: at('handle', 'file:///a.js') },
  ];
  const look = (samples: readonly number[], maxUs: number, ownUs = 0): LookedThread[] => {
    const profile = { nodes, startTime: 0, endTime: 1e6, samples, timeDeltas: samples.map(() => 100_000) };
    const scripts = { schema: 'memwatch/scripts@1', pid: 1, nodeVersion: 'v22.1.0', scripts: [] };
    const loop = { utilization: 1, delay: { meanUs: 0, p99Us: 0, maxUs } };
    const memwatch = { scripts, thread: 'main thread', precise: false, gc: null, loop };
    return [{ name: 'main thread', profile: readCpuProfile(JSON.stringify({ ...profile, memwatch })), ownUs }];
  };
  const top = createTop('');
  assert.equal(createTop('')(look([2, 2, 2], 150_000, 120_000), { sort: 'self', own: false }).block, undefined, 'memwatch’s own'); // prettier-ignore
  const blocks = [
    look([2, 2, 2], 150_000),
    look([2, 3, 3, 2], 190_000),
    look([2, 2], 260_000),
    look([3, 3, 3, 3, 2], 390_000),
  ].map((threads) => top(threads, { sort: 'self', own: false }).block);
  assert.deepEqual(
    blocks.map((block) => [block?.durationUs, block?.stack.map((frame) => frame.function)]),
    [[150_000, []], [190_000, ['handle']], [190_000, ['handle']], [390_000, ['handle']]], // prettier-ignore
  );
});
