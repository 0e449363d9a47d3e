import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { functionNamed, functionsOf } from '../support/cost.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { temporaryFolder } from '../support/targets.js';

const app = 'file:///srv/app.js';
const source = `function handle(request) {
  let a = 0;
  a += a * 31 + request;
  return parse(a);
}`;

interface Call {
  readonly name: string;
  readonly url: string;
  readonly ticks: Readonly<Record<number, number>>;
  readonly calls: readonly Call[];
}
const call = (name: string, url: string, ticks: Call['ticks'], ...calls: readonly Call[]): Call => ({
  name,
  url,
  ticks,
  calls,
});

/** 100 samples at work, one a millisecond, of an application, a package, Node, native code and memwatch; 50 idle. */
const program = call(
  '(root)',
  '',
  {},
  call('(idle)', '', { 0: 50 }),
  call('readInTarget', 'memwatch:in-target', { 1: 7 }, call('memoryUsage', '', { 0: 3 })),
  call(
    'emit',
    'node:events',
    { 3: 10 },
    call(
      'handle',
      app,
      { 3: 30 },
      call('parse', 'file:///srv/node_modules/@scope/parser/index.js', { 2: 20 }, call('visit', app, { 4: 25 })),
      call('compile', '', { 0: 15 }),
    ),
  ),
);

const writeProfile = (t: TestContext, precise: boolean): string => {
  const nodes: Record<string, unknown>[] = [];
  const samples: number[] = [];
  const add = ({ name, url, ticks, calls }: Call): number => {
    const id = nodes.length + 1;
    const node: Record<string, unknown> = { id };
    nodes.push(node);
    const hitCount = Object.values(ticks).reduce((sum, one) => sum + one, 0);
    for (let hit = 0; hit < hitCount; hit++) samples.push(id);
    Object.assign(node, {
      callFrame: {
        functionName: name,
        scriptId: url === app ? '9' : '0',
        url,
        lineNumber: url === '' ? -1 : 0,
        columnNumber: url === '' ? -1 : 15,
      },
      hitCount,
      positionTicks: Object.entries(ticks).map(([line, count]) => ({ line: Number(line), ticks: count })),
      children: calls.map(add),
    });
    return id;
  };
  add(program);
  const scripts = {
    schema: 'memwatch/scripts@1',
    nodeVersion: 'v22.0.0',
    scripts: [{ id: 9, url: app, source }],
  };
  const memwatchNotes = { scripts, thread: 'main thread', precise, gc: null, loop: null };
  const file = join(temporaryFolder(t), 'views.cpuprofile');
  const times = {
    startTime: 0,
    endTime: samples.length * 1000,
    timeDeltas: [0, ...samples.map(() => 1000)],
  };
  const bounded = [...samples, samples.at(-1)]; // one more, because the last sample lasts no time
  writeFileSync(file, JSON.stringify({ nodes, samples: bounded, ...times, memwatch: memwatchNotes }));
  return file;
};

test('each function has its package, percentages say of what, and memwatch itself is in no row', async (t) => {
  const file = writeProfile(t, false);
  const { stdout } = await memwatch(['cpu', file]);
  assert.match(stdout, /% busy +package +function/);
  assert.match(stdout, /30\.0 ms +30\.0% .* own +handle +\/srv\/app\.js:1/);
  assert.match(stdout, /20\.0 ms +20\.0% .* @scope\/parser +~parse /);
  assert.match(stdout, / node +~emit +node:events:1/);
  assert.match(stdout, / native +compile$/m);
  assert.match(stdout, /% busy is of the 100 ms at work/);
  assert.match(stdout, /: at work 100 ms \(66\.7% of what was sampled\), idle 50\.0 ms, neither 10\.0 ms/);
  assert.doesNotMatch(stdout, /readInTarget|memoryUsage|in-target/);
  const cpu = await memwatchJson(['cpu', file]);
  assert.equal(cpu['busyUs'], 100_000);
  const packages = functionsOf(cpu).map(({ name, package: from }) => [name, from]);
  assert.deepEqual(Object.fromEntries(packages), {
    handle: null,
    visit: null,
    parse: '@scope/parser',
    compile: null,
    emit: 'node',
  });
});

test('time that may be an inlined function’s is marked, and with --precise nothing is', async (t) => {
  const cpu = await memwatchJson(['cpu', writeProfile(t, false)]);
  assert.equal(functionNamed(cpu, 'handle').mayBeInlined, false, 'its line calls nothing');
  assert.equal(functionNamed(cpu, 'visit').mayBeInlined, true, 'its line calls parse');
  assert.equal(functionNamed(cpu, 'parse').mayBeInlined, true, 'its text is not known');
  const precise = functionsOf(await memwatchJson(['cpu', writeProfile(t, true)]));
  assert.ok(precise.every(({ mayBeInlined }) => !mayBeInlined));
});

test('--tree shows callees from the start down, and callers from the dearest function up', async (t) => {
  const { stdout } = await memwatch(['cpu', writeProfile(t, true), '--tree']);
  assert.match(stdout, /% busy +total {2}callees.*\n100\.0% +100 ms {2}emit .*\n 90\.0% +90\.0 ms {3}handle /);
  assert.match(stdout, / 45\.0% +45\.0 ms {4}parse .*\n 25\.0% +25\.0 ms {5}visit .*\n 15\.0% +15\.0 ms {4}compile\n/);
  assert.match(
    stdout,
    /callers.*\n 30\.0% .* {2}handle .*\n 30\.0% .* {3}emit .*\n 25\.0% .* {2}visit .*\n 25\.0% .* {3}parse /,
  );
});

test("--own shows the application's functions alone, and books what they called on them", async (t) => {
  const file = writeProfile(t, true);
  const { stdout } = await memwatch(['cpu', file, '--own', '--tree']);
  assert.doesNotMatch(stdout, / (?:emit|parse|compile)/);
  assert.match(stdout, /callees.*\n 90\.0% .* {2}handle .*\n 25\.0% .* {3}visit /);
  assert.match(stdout, /callers.*\n 65\.0% .* {2}handle .*\n 25\.0% .* {2}visit .*\n 25\.0% .* {3}handle /);
  const cpu = await memwatchJson(['cpu', file, '--own', '--tree']);
  assert.deepEqual(
    functionsOf(cpu).map(({ name }) => name),
    ['handle', 'visit'],
  );
  const [top] = cpu['calleeTree'] as { name: string; value: number; children: { name: string; value: number }[] }[];
  assert.deepEqual([top?.name, top?.value, top?.children[0]?.name], ['handle', 90_000, 'visit']);
});
