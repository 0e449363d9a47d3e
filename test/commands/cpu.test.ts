import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildSync } from 'esbuild';
import { functionNamed, functionsOf, linesOf } from '../support/cost.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { nodeBinary, outerMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { printedLine, startProcess, startScript, startSource, temporaryFolder } from '../support/targets.js';

/** Lets the targets of several tests have their inspectors open at the same time. */
const flags = ['--inspect-port=0'];

/** In one turn of the loop, line 3 costs three times as much as line 4. */
const threeToOne = `
function hot(n) { let a = 0; let b = 0;
  for (let i = 0; i < 3 * n; i++) a = Math.sqrt(a + i);
  for (let i = 0; i < n; i++) b = Math.sqrt(b + i);
  return a - b;
}
let sum = 0;
let turns = 0; // optimised before the profile begins, so that without --precise V8 would charge it to the caller
setInterval(() => { for (let i = 0; i < 4; i++) sum += hot(100000); if (++turns === 100) console.log('ready'); }, 1);
`;

for (const node of outerMajors) {
  test(`on Node ${node}, a line that costs three times another is seen to, in a process that was attached to`, async (t) => {
    const target = await startSource(t, threeToOne, { node, kind: 'cjs', flags });
    const saved = join(temporaryFolder(t), 'hot.cpuprofile');
    const cpu = await memwatchJson(['cpu', String(target.pid), '-d', '1s', '--precise', '-o', saved]);
    assert.equal(cpu['schema'], 'memwatch/cpu@1');
    const hot = functionsOf(cpu)[0];
    assert.deepEqual([hot?.name, hot?.line], ['hot', 2]);
    const [first, second] = [3, 4].map(
      (line) => linesOf(cpu).find((one) => one.line === line && !one.inlined)?.selfUs ?? 0,
    );
    const ratio = (first ?? 0) / (second ?? 1);
    assert.ok(ratio > 2 && ratio < 4.5, `3:1 was measured as ${ratio}`);
    assert.equal(statSync(saved).mode & 0o777, 0o600);
    assert.equal(JSON.parse(readFileSync(saved, 'utf8')).memwatch.scripts.schema, 'memwatch/scripts@1');
    assert.equal(target.child.exitCode, null);
  });

  test(`on Node ${node}, a helper that V8 inlines is booked on itself with --precise, and never on another's lines without`, async (t) => {
    const target = await startScript(t, repository('samples/dist/inlined-helper.js'), { node, flags });
    const plain = await memwatchJson(['cpu', String(target.pid), '-d', '600ms']);
    for (const { file, line, inlined } of linesOf(plain)) {
      if (!file.endsWith('timers') || inlined) continue;
      assert.ok(line > 60, `line ${line} of the sample is shown as one of ${file}`);
    }
    const precise = await memwatchJson(['cpu', String(target.pid), '-d', '1s', '--precise']);
    const mix = functionNamed(precise, 'mix');
    assert.ok(mix.file?.endsWith('samples/src/inlined-helper.ts'), String(mix.file));
    assert.ok(mix.selfUs > 0.4 * Number(precise['busyUs']), `mix took ${mix.selfUs} of ${precise['busyUs']}`);
    const inlinedUs = linesOf(precise).reduce((sum, line) => sum + (line.inlined ? line.selfUs : 0), 0);
    assert.ok(inlinedUs < 0.1 * Number(precise['busyUs']), `${inlinedUs} is still inlined`);
    if (node !== 20) return; // only Node 20 shows whether V8 inlines again
    const after = await memwatchJson(['cpu', String(target.pid), '-d', '600ms']);
    const again = linesOf(after).reduce((sum, line) => sum + (line.inlined ? line.selfUs : 0), 0);
    assert.ok(
      again > 0.3 * Number(after['busyUs']),
      `the flags were not restored: ${again} of ${after['busyUs']} is inlined`,
    );
  });

  test(`on Node ${node}, calls of a program are counted exactly and its exit code is passed on`, async (t) => {
    const script = join(temporaryFolder(t), 'fib.cjs');
    writeFileSync(
      script,
      `function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\n` +
        `class Point { constructor(x) { this.x = x; } get twice() { return 2 * this.x; } }\n` +
        `function work() { let s = fib(15); for (let i = 0; i < 50; i++) s += new Point(i).twice; return s; }\n` +
        `for (let i = 0; i < 40; i++) work();\nprocess.exit(7);\n`,
    );
    const run = await memwatch(['cpu', '--json', '--calls', '--', nodeBinary(node), script]);
    assert.equal(run.code, 7, run.stderr);
    const cpu = JSON.parse(run.stdout);
    assert.deepEqual(
      ['fib', 'work', 'Point', 'get twice'].map((name) => functionNamed(cpu, name).calls),
      [40 * 1973, 40, 2000, 2000],
    );
    assert.equal(cpu.exitCode, 7);
  });
}

test('a busy loop is profiled, and a target that ends while it is profiled keeps its profile and its exit code', async (t) => {
  const source = `console.log('ready'); let x = 0;
function burn() { while (process.cpuUsage().user < 2.5e6) for (let i = 0; i < 1e5; i++) x += Math.sqrt(i); }
burn(); process.exit(5);`;
  const target = await startSource(t, source, { kind: 'cjs', flags });
  const cpu = await memwatchJson(['cpu', String(target.pid), '-d', '60s', '--precise']);
  assert.equal(await target.exited, 5);
  const own = functionsOf(cpu).filter(({ file }) => file?.endsWith('target.cjs'));
  const busyUs = own.reduce((sum, { selfUs }) => sum + selfUs, 0);
  assert.ok(busyUs > 100_000, JSON.stringify(functionsOf(cpu).slice(0, 3)));
});

test('calls of a live server are scaled to its profile', async (t) => {
  const source = `function leaf(i) { return Math.sqrt(i); }
function handle() { let s = 0; for (let i = 0; i < 200; i++) s += leaf(i); return s; }
setInterval(() => { for (let i = 0; i < 5; i++) handle(); }, 4); console.log('ready');`;
  const target = await startSource(t, source, { node: 22, kind: 'cjs', flags });
  const cpu = await memwatchJson(['cpu', String(target.pid), '-d', '1s', '--precise', '--calls']);
  const [leaf, handle] = ['leaf', 'handle'].map((name) => functionNamed(cpu, name).calls ?? 0);
  assert.equal(Math.round((leaf ?? 0) / (handle ?? 1)), 200);
  assert.ok((handle ?? 0) > 300 && (handle ?? 0) < 1500, `handle was called ${handle} times in a second`);
});

test('a worker and all threads are profiled, each under its name', async (t) => {
  const source = `import { Worker, isMainThread } from 'node:worker_threads';
let s = 0;
function mainWork() { for (let i = 0; i < 3e5; i++) s = Math.sqrt(s + i); }
function workerWork() { for (let i = 0; i < 3e5; i++) s = Math.sqrt(s + i); }
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { name: 'resizer' });
  worker.once('message', () => console.log('ready'));
  setInterval(mainWork, 5);
} else { (await import('node:worker_threads')).parentPort.postMessage('up'); setInterval(workerWork, 5); }`;
  const target = await startSource(t, source, { node: 24, flags });
  const all = await memwatchJson(['cpu', String(target.pid), '-d', '1s', '--precise', '--threads', 'all']);
  const threads = all['threads'] as { name: string }[];
  assert.equal(threads[0]?.name, 'main thread');
  assert.match(threads[1]?.name ?? '', /^worker 1/);
  assert.ok(functionNamed(all, 'mainWork').totalUs > 50_000);
  assert.ok(functionNamed(all, 'workerWork').totalUs > 50_000);
  const worker = await memwatchJson(['cpu', `${target.pid}/1`, '-d', '500ms', '--precise']);
  assert.ok(functionNamed(worker, 'workerWork').totalUs > 20_000);
  assert.ok(!functionsOf(worker).some(({ name }) => name === 'mainWork'));
});

for (const node of [20, 24] as const) {
  test(`on Node ${node}, workers that start meanwhile are profiled from then on; one that ends is named, and ends`, async (t) => {
    const source = `import { Worker, isMainThread, workerData } from 'node:worker_threads';
let s = 0;
function late() { for (let i = 0; i < 3e5; i++) s = Math.sqrt(s + i); }
if (isMainThread) {
  const start = (name) => new Worker(new URL(import.meta.url), { name, workerData: name })
    .on('exit', (code) => console.log(name, 'ended with', code));
  setTimeout(() => (start('stays'), start('ends')), 3000);
  setInterval(() => {}, 1000);
  console.log('ready');
} else {
  setInterval(late, 5);
  if (workerData === 'ends') setTimeout(() => process.exit(3), 800);
}`;
    const target = await startSource(t, source, { node, flags });
    const run = await memwatch(['cpu', String(target.pid), '-d', '6s', '--threads', 'all', '--json']);
    await printedLine(target, /ends ended with 3/);
    assert.match(run.stderr, /worker 2 \(ends\) ended before the profile did/);
    const cpu = JSON.parse(run.stdout);
    const [main, stays, ...others] = cpu.threads as { name: string; sinceUs: number; durationUs: number }[];
    assert.deepEqual([main?.name, main?.sinceUs, stays?.name, others], ['main thread', 0, 'worker 1 (stays)', []]);
    assert.ok((stays?.sinceUs ?? 0) > 0 && (stays?.durationUs ?? 0) < 6e6, JSON.stringify(stays));
    assert.ok(functionNamed(cpu, 'late').totalUs > 50_000);
    assert.equal(target.child.exitCode, null);
  });
}

// `i + s`, because V8 charges what `^` costs with a large number to the caller: it calls a stub that has no frame
test('places are those of the TypeScript that the user wrote, through the source map of an esbuild bundle', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, 'hot.ts'),
    'export interface Unused {\n  a: string;\n}\n\nexport function hot(n: number): number {\n  let s = 0;\n  for (let i = 0; i < n; i++) s += Math.sqrt(i + s);\n  return s;\n}\n',
  );
  writeFileSync(
    join(folder, 'main.ts'),
    `import { hot } from './hot.ts';\nsetInterval(() => hot(2e6), 1);\nconsole.log('ready');\n`,
  );
  for (const sourcemap of ['linked', 'inline'] as const) {
    const outfile = join(folder, `${sourcemap}.mjs`);
    buildSync({ entryPoints: [join(folder, 'main.ts')], bundle: true, format: 'esm', sourcemap, outfile });
    const target = await startScript(t, outfile, { flags });
    const cpu = await memwatchJson(['cpu', String(target.pid), '-d', '2s', '--precise']); // otherwise V8 may inline it
    const [line] = linesOf(cpu);
    assert.deepEqual([line?.file, line?.line], [join(folder, 'hot.ts'), 7]);
    assert.deepEqual([functionNamed(cpu, 'hot').file, functionNamed(cpu, 'hot').line], [join(folder, 'hot.ts'), 5]);
    target.child.kill();
  }
});

test('samples: the hot line and the hot step of an asynchronous pipeline are found where their first lines say', async (t) => {
  const hotLine = await startScript(t, repository('samples/dist/hot-line.js'), { flags });
  const cpu = await memwatchJson(['cpu', String(hotLine.pid), '-d', '1s']);
  const source = readFileSync(repository('samples/src/hot-line.ts'), 'utf8').split('\n');
  const [line] = linesOf(cpu);
  assert.ok(line?.file.endsWith('samples/src/hot-line.ts'));
  assert.match(source[(line?.line ?? 0) - 1] ?? '', /discount =/);
  hotLine.child.kill();

  const pipeline = await startScript(t, repository('samples/dist/async-pipeline.js'), { flags });
  const steps = await memwatchJson(['cpu', String(pipeline.pid), '-d', '1s', '--filter', 'async-pipeline']);
  assert.equal(functionsOf(steps)[0]?.name, 'parse');
});

test("the table is cProfile's, and callers, callees, lines, filter, sort and limit are shown as asked", async (t) => {
  const script = join(temporaryFolder(t), 'calls.cjs');
  writeFileSync(
    script,
    `function leaf(n) { let s = 0; for (let i = 0; i < n; i++) s += Math.sqrt(i + s); return s; }
function dear() { let s = 0; for (let i = 0; i < 30; i++) s += leaf(2e4); return s; }
function cheap() { let s = 0; for (let i = 0; i < 10; i++) s += leaf(2e4); return s; }
for (let i = 0; i < 20; i++) { dear(); cheap(); }`,
  );
  const saved = join(temporaryFolder(t), 'calls.cpuprofile');
  const run = await memwatch(['cpu', '--precise', '--calls', '-o', saved, '--', script]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /calls +own time +% busy +per call +total +% busy +per call +package +function +file\n/);
  assert.match(run.stdout, /\n +800 .*leaf +\S*calls\.cjs:1\n/);
  assert.match(run.stderr, /--precise turns inlining off .* the target uses 6 to 46 % more CPU/);
  const shown = await memwatch([
    'cpu',
    saved,
    '--callers',
    'leaf',
    '--lines',
    '--filter',
    'calls.cjs',
    '--sort',
    'cumtime',
    '--limit',
    '3',
  ]);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /callers of leaf +file\n.* dear +\S*calls\.cjs:2\n.* cheap /);
  assert.match(shown.stdout, /function leaf\(n\)/);
  assert.match(run.stdout, /^saved /m);
  assert.doesNotMatch(shown.stdout, /^saved /m, 'a profile that is read is not saved');
  const callees = await memwatchJson(['cpu', saved, '--callees', 'calls.cjs:2']);
  assert.equal((callees['callees'] as { name: string }[])[0]?.name, 'leaf');
});

test("much time in Node's own code is said to be perhaps a function's that was inlined there, unless it is precise", async (t) => {
  const callFrame = {
    functionName: 'listOnTimeout',
    scriptId: '1',
    url: 'node:internal/timers',
    lineNumber: 600,
    columnNumber: 0,
  };
  const root = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 };
  const nodes = [
    { id: 1, callFrame: root, hitCount: 0, children: [2] },
    { id: 2, callFrame, hitCount: 3, positionTicks: [{ line: 685, ticks: 3 }] },
  ];
  const profile = { nodes, startTime: 0, endTime: 3000, samples: [2, 2, 2], timeDeltas: [1000, 1000, 1000] };
  const notes = {
    scripts: { schema: 'memwatch/scripts@1', nodeVersion: 'v24.0.0', scripts: [] },
    thread: 'main thread',
    gc: null,
    loop: null,
  };
  const shown = async (precise: boolean): Promise<string> => {
    const file = join(temporaryFolder(t), 'timers.cpuprofile');
    writeFileSync(file, JSON.stringify({ ...profile, memwatch: { ...notes, precise } }));
    const run = await memwatch(['cpu', file]);
    assert.equal(run.code, 0, run.stderr);
    return run.stdout;
  };
  assert.match(await shown(false), /listOnTimeout \(100\.0%\) is Node's own code: .*use --precise to find out/);
  assert.doesNotMatch(await shown(true), /Node's own code/);
});

test('Ctrl-C ends a profile early, keeps it, and leaves the target with its flags and without an inspector', async (t) => {
  const target = await startSource(t, threeToOne, { node: 20, kind: 'cjs', flags });
  const run = await startProcess(
    t,
    process.execPath,
    [repository('dist/cli.js'), 'cpu', String(target.pid), '-d', '60s', '--precise'],
    { ready: null },
  );
  await printedLine(target, /Debugger attached/);
  await new Promise((go) => setTimeout(go, 700));
  run.child.kill('SIGINT');
  assert.equal(await run.exited, 130);
  assert.match(run.output(), /hot +\S*target\.cjs:2/);
  assert.equal(target.child.exitCode, null);
});

test('a process that waits is not shown as a busy event loop: the share is that of the samples', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 20); console.log('ready')`);
  const cpu = await memwatchJson(['cpu', String(target.pid), '-d', '1s']);
  const [thread] = cpu['threads'] as { busyUs: number; idleUs: number; loop: { utilization: number } }[];
  assert.ok((thread?.idleUs ?? 0) > (thread?.busyUs ?? 0));
  assert.ok((thread?.loop.utilization ?? 1) < 0.5);
});
