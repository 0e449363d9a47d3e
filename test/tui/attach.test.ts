import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import { matchesGolden } from '../support/golden.js';
import { memwatch } from '../support/memwatch.js';
import { startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { busyTarget, idleTarget, leakingTarget } from '../support/terminal-targets.js';
import { noTmux, openTerminal, runMemwatch, type TestTerminal } from '../support/tmux.js';

const attached = async (t: TestContext, target: StartedTarget, columns = 80, rows = 24): Promise<TestTerminal> => {
  const terminal = openTerminal(t, { columns, rows, cwd: temporaryFolder(t) });
  runMemwatch(terminal, ['attach', String(target.pid)]);
  await terminal.until(/\[1 Live\][^]*Limits[^]*Handles/);
  return terminal;
};

const closedInspector = async (target: StartedTarget, withinMs = 10_000): Promise<void> => {
  for (let waited = 0; waited < withinMs; waited += 50) {
    if (listeningPorts(target.pid).length === 0) return;
    await new Promise((go) => setTimeout(go, 50));
  }
  assert.fail('the inspector is still open');
};

/** Masks what varies on the Live screen: figures, and the characters of charts. */
const maskLive = (screen: string): string =>
  screen
    .replace(/pid \d+ .*$/m, 'pid PID')
    .replace(/[█▒░▁▂▃▄▅▆▇▉▊▋▌▍▎▏]+/g, '')
    .replace(/[\d.]+ (B|KB|MB|GB|us|ms|s|min|h)\b/g, '#')
    .replace(/[<\d.]+%/g, '#%')
    .replace(/\d+\.\d+|\d+ (minor|major|incremental|weak callbacks) #|; /g, '#')
    .replace(/[ #─]+/g, (run) => (run.includes('#') ? '#' : run.includes('─') ? '─' : ' '))
    .replace(/^(GC|Delay|container).*$/gm, '$1')
    .replace(/container.*$/gm, '')
    .replace(/^ *#? ?[┤│].*$/gm, '│')
    .replace(/^(old|new|code|large object|shared|trusted|read only).*$/gm, '')
    .replace(/^(RSS is|Limits|Trend).*$/gm, '$1');

for (const [columns, rows] of [
  [80, 24],
  [200, 50],
] as const) {
  test(`what a process does now stands on one screen at ${columns}x${rows}`, { skip: noTmux }, async (t) => {
    const terminal = await attached(t, await idleTarget(t), columns, rows);
    matchesGolden(`tui/live-${columns}x${rows}.txt`, maskLive(await terminal.until(/s ago[^]*RSS is +V8 /)));
    terminal.keys('D');
    await terminal.until(/Live › threads[^]*main thread: idle[^]*1 Timeout/);
    terminal.keys('M');
    await terminal.until(/Live › memory[^]*RSS .* accounted for[^]*✓ read at/);
    terminal.keys('Escape');
    await terminal.until(/Limits[^]*Handles/);
  });
}

test('a target that is killed leaves its last data on the screen, marked as ended', { skip: noTmux }, async (t) => {
  const target = await idleTarget(t);
  const terminal = await attached(t, target);
  target.child.kill('SIGKILL');
  const screen = await terminal.until(/ENDED[^]*the process (was ended by SIGKILL|has ended, crashed or been killed)/);
  assert.match(screen, /Limits +heap/);
  terminal.keys('S');
  await terminal.until(/the process has ended/);
  terminal.keys('q');
  await terminal.until(/exit code 0/);
  terminal.bytes('echo visible');
  await terminal.until(/PROMPT> echo visible/);
});

test(
  'after kill -9 of memwatch the target lives, closes its inspector, and can be attached to again',
  { skip: noTmux },
  async (t) => {
    const target = await idleTarget(t);
    const terminal = await attached(t, target);
    process.kill(terminal.pid(), 'SIGKILL');
    await closedInspector(target);
    assert.equal(target.child.exitCode, null);
    const again = await attached(t, target);
    again.keys('q');
    await again.until(/exit code 0/);
  },
);

test('memwatch that was stopped for longer than the target waits comes back to it', { skip: noTmux }, async (t) => {
  const target = await idleTarget(t);
  const terminal = await attached(t, target);
  process.kill(terminal.pid(), 'SIGTSTP');
  await terminal.until(/Stopped/);
  await closedInspector(target, 20_000);
  terminal.bytes('fg');
  terminal.keys('Enter');
  await terminal.until(/attaching again/);
  await terminal.until(/Memory grows\?/);
  assert.doesNotMatch(terminal.screen(), /ENDED/);
  terminal.keys('q');
  await closedInspector(target);
  assert.equal(target.child.exitCode, null);
});

test('from a process to a child that it starts later, and back to the parent', { skip: noTmux }, async (t) => {
  const source = `
    import { spawn } from 'node:child_process';
    const untilOrphaned = "process.stdin.resume().on('end', () => process.exit())";
    setTimeout(() => spawn(process.execPath, ['--inspect-port=0', '-e', untilOrphaned]), 4000);
    console.log('ready');
    setInterval(() => {}, 50);`;
  const target = await startSource(t, source, { flags: ['--inspect-port=0'] });
  const parent = new RegExp(`pid ${target.pid} `);
  const terminal = await attached(t, target, 120, 30);
  await terminal.until(parent);
  await terminal.until(/T: 1 more/);
  await new Promise((go) => setTimeout(go, 1500)); // until the child has started to catch signals
  terminal.keys('T');
  await terminal.until(/1 {2}child process \d+/);
  terminal.keys('1');
  await terminal.until(/P: back to the parent/);
  assert.doesNotMatch(terminal.screen(), parent);
  terminal.keys('T');
  await terminal.until(new RegExp(`back to process ${target.pid}`));
  terminal.keys('Escape', 'P');
  await terminal.until(parent);
  await terminal.until(/thread: main thread {3}T: 1 more/);
  terminal.keys('q');
  await terminal.until(/exit code 0/);
});

test(
  'a worker that starts later comes into the list, and one that ends is marked as ended',
  { skip: noTmux },
  async (t) => {
    const source = `
    import { Worker } from 'node:worker_threads';
    const inWorker = 'require("node:worker_threads").parentPort.once("message", () => process.exit())';
    process.once('SIGUSR2', () => {
      const worker = new Worker(inWorker, { eval: true, name: 'jobs' });
      process.once('SIGUSR2', () => worker.postMessage('end'));
    });
    console.log('ready');
    setInterval(() => {}, 50);`;
    const target = await startSource(t, source, { flags: ['--inspect-port=0'] });
    const terminal = await attached(t, target, 120, 30);
    assert.doesNotMatch(terminal.screen(), /jobs/);
    target.child.kill('SIGUSR2');
    await terminal.until(/^Threads▸main thread +\[worker 1\] jobs/m);
    terminal.keys('T');
    await terminal.until(/1 {2}\[worker 1\] jobs/);
    terminal.keys('1');
    await terminal.until(/thread: \[worker 1\] jobs/);
    await terminal.until(/Limits +heap/);
    target.child.kill('SIGUSR2');
    assert.doesNotMatch(await terminal.until(/ENDED[^]*jobs ended at/), /^Threads/m);
    terminal.keys('T', '0');
    await terminal.until(/thread: main thread/);
    assert.doesNotMatch(terminal.screen(), /ENDED/);
  },
);

test('a snapshot is taken only after its price was agreed to, and then shown', { skip: noTmux }, async (t) => {
  const target = await leakingTarget(t);
  const terminal = await attached(t, target);
  terminal.keys('S');
  await terminal.until(/stands still for about .*[^]*go ahead/);
  terminal.keys('n');
  await terminal.until(/^(?![^]*go ahead)/); // or the next wait would be met by this question
  terminal.keys('S');
  await terminal.until(/go ahead/);
  terminal.keys('y');
  await terminal.until(/\[2 Heap\][^]*sessions: Map @\d+/);
  terminal.keys('v');
  await terminal.until(/\[Classes\][^]* Session\n/);
  assert.equal(target.child.exitCode, null);
});

test(
  'the CPU as it runs, and a CPU profile that leads from the hottest function to its hottest line',
  { skip: noTmux },
  async (t) => {
    const terminal = await attached(t, await busyTarget(t));
    terminal.keys('W');
    await terminal.until(/go ahead/);
    terminal.keys('Enter');
    await terminal.until(/\[CPU now\][^]*> .* ~?hot .*target\.mjs:1[^]*main thread [\d.]+% busy[^]*W pause/);
    terminal.keys('W');
    await terminal.until(/paused, nothing is sampled: W goes on/);
    terminal.keys('C');
    await terminal.until(/go ahead/);
    terminal.keys('Enter');
    await terminal.until(/\[CPU functions\][^]*> .* ~?hot .*target\.mjs:1/);
    terminal.keys('t', 'Enter');
    await terminal.until(/hot called by[^]*serve/);
    terminal.keys('v');
    await terminal.until(/│hot/);
    terminal.keys('5');
    await terminal.until(/> .*target\.mjs:3 +~?hot/);
    terminal.keys('Enter');
    await terminal.until(/> .*█+ +3 +for \(let i = 0/);
  },
);

test('Esc stops a search for leaks at once, and nothing of it stays in the target', { skip: noTmux }, async (t) => {
  const target = await idleTarget(t);
  const terminal = await attached(t, target);
  terminal.keys('L');
  await terminal.until(/Takes about \d+ s if nothing grows, else about \d+ s[^]*go ahead/);
  terminal.keys('y');
  await terminal.until(/0:0\d 2\/4 what grows, round 1: \d s to go +Esc stops it/);
  terminal.keys('Escape');
  await terminal.until(/Inconclusive[^]*it was interrupted/);
  terminal.keys('q');
  await terminal.until(/exit code 0/);
  await closedInspector(target);
});

test('from attach to the line that leaks, with three keys', { skip: noTmux }, async (t) => {
  const terminal = await attached(t, await leakingTarget(t, 200), 100, 30);
  terminal.keys('L');
  await terminal.until(/go ahead/);
  terminal.keys('y');
  let screen = '';
  for (let attempt = 0; attempt < 8 && !screen.includes('sessions'); attempt++) {
    screen = await terminal.until(/\[3 Growth\][^]*sessions/).catch(() => '');
  }
  assert.match(screen, /growing-cache\.ts:\d+/);
  terminal.keys('Enter');
  await terminal.until(/\[5 Lines\][^]*> .*sessions\.set\([^]*Leaks at line/);
  terminal.keys('p');
  await terminal.until(/\[5 Lines\][^]*> .* (handleRequest|constructor)\([^]*Made at line/);
  terminal.keys('Escape');
  await terminal.until(/\[3 Growth\]/);
  terminal.keys('y');
  await terminal.until(/copied: .*growing-cache\.ts:\d+$/m);
  assert.match(await terminal.clipboard(), /^\/.*\/growing-cache\.ts:\d+$/);
  terminal.keys('2');
  // the module loader's Map may hold the program's, and more
  await terminal.until(/\[2 Heap\][^]*sessions: Map @\d+[^]*the last snapshot of the search for leaks/);
  terminal.keys('q');
  await terminal.until(/LEAK at .*growing-cache\.ts:\d+: Map sessions gains/);
});

test('a process that runs out of memory: the screen says that it did', { skip: noTmux }, async (t) => {
  // it grows only when it is asked to: until memwatch is attached, another memwatch may be attaching to another process
  const source = `const kept = [];
    const grow = () => { for (let i = 0; i < 3000; i++) kept.push({ i, list: [i] }); };
    process.once('SIGUSR2', () => setInterval(grow, 50)); setInterval(() => {}, 1000); console.log('ready');`;
  const target = await startSource(t, source, { flags: ['--max-old-space-size=64'] });
  const terminal = await attached(t, target);
  process.kill(target.pid, 'SIGUSR2');
  // how much is known depends on the last reading, and on whether its parent has already collected it
  await terminal.until(
    /ENDED[^]*(heap\s+(is|was)\s+full|probably\s+ran\s+out\s+of\s+memory|crashed\s+or\s+been\s+killed)/,
  );
});

test(
  'a target that cannot be attached to is reported in one line, before the screen is touched',
  { skip: noTmux },
  async (t) => {
    const terminal = openTerminal(t, { columns: 100, rows: 10 });
    runMemwatch(terminal, ['attach', '999999999']);
    await terminal.until(/memwatch: there is no process 999999999[^]*exit code 2/);
    runMemwatch(terminal, ['attach', '1']);
    await terminal.until(/memwatch: process 1 (is not Node\.js|belongs to another user)[^]*exit code 2/);
  },
);

test('if stdout is no terminal, attach prints plain lines', async (t) => {
  const target = await idleTarget(t);
  const run = await memwatch(['attach', String(target.pid), '--count', '1', '--interval', '0.2']);
  assert.equal(run.code, 0);
  assert.ok(!run.stdout.includes('\u001b'));
  assert.match(run.stdout, /heap/i);
});
