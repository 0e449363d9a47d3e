/** The agent inside, in real programs that die of their memory: what it kept names the function that keeps it. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { transformSync } from 'esbuild';
import { makeCgroup } from '../support/cgroups.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { nodeBinary, outerMajors, testedMajors, type NodeMajor } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { installProfiler } from '../support/runners.js';
import { startProcess, temporaryFolder, type StartOptions, type StartedTarget } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const agent = repository('dist/inside/agent.cjs');

/** Keeps 3 MB every 100 ms, by its line 7; everything else that it allocates dies. In TypeScript, whose compiler moves every line. */
const leak = `
interface Line { readonly sku: string; readonly price: number; readonly tags: number[] }
const kept = new Map<number, unknown>();
function rememberOrder(n: number): void {
  const order = { id: n, lines: [] as Line[] };
  for (let i = 0; i < 200; i++) order.lines.push({ sku: 'sku-' + n + '-' + i, price: i * 1.5, tags: [i, n] });
  kept.set(kept.size, order);
}
function handleRequest() {
  const scratch = Array.from({ length: 500 }, (_, i) => ({ i, text: 'scratch ' + i }));
  return scratch.length;
}
setInterval(() => {
  for (let i = 0; i < 60; i++) rememberOrder(i);
  handleRequest();
}, 100);
`;

/** As a compiler writes it: with the types gone, on one line for every second Node, and the source map in a file or inline. */
const compiled = (t: TestContext, source: string, node: NodeMajor): Kept => {
  const kept = program(t, '');
  const name = 'orders.ts';
  const isFile = node % 4 === 0;
  const options = {
    loader: 'ts',
    minifyWhitespace: isFile,
    minifySyntax: isFile,
    sourcemap: isFile ? 'external' : 'inline',
    sourcefile: name,
  } as const;
  const { code, map } = transformSync(source, options);
  if (isFile) writeFileSync(`${kept.script}.map`, map);
  writeFileSync(kept.script, isFile ? `${code}//# sourceMappingURL=program.cjs.map` : code);
  return kept;
};

interface Kept {
  readonly keep: string;
  readonly script: string;
}

const program = (t: TestContext, source: string, extension = 'cjs'): Kept => {
  const keep = temporaryFolder(t);
  const script = join(temporaryFolder(t), `program.${extension}`);
  writeFileSync(script, source);
  return { keep, script };
};

/** Starts a program with the agent in it. */
const start = (
  t: TestContext,
  { keep, script }: Kept,
  flags: readonly string[],
  { node = 22, env, ready = null }: StartOptions = {},
): Promise<StartedTarget> =>
  startProcess(t, nodeBinary(node), [...flags, script], { ready, env: { MEMWATCH_AGENT_KEEP: keep, ...env } });

interface Place {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

interface Why {
  readonly ended: { readonly isKnown: boolean; readonly how: string };
  readonly sites: readonly (Place & { readonly addsIn: readonly Place[] })[];
  readonly samples: number;
  readonly workers: readonly { readonly worker: number; readonly sites: Why['sites'] }[];
  readonly marks: readonly { readonly text: string }[];
  readonly files: readonly string[];
}
const why = async (keep: string): Promise<Why> => (await memwatchJson(['why', keep])) as unknown as Why;

/** Each way to start it, on one of the Nodes. */
const ways: Record<string, { flags: readonly string[]; env?: Record<string, string> }> = {
  20: { flags: ['--require', agent] },
  22: { flags: ['--import', agent] },
  24: { flags: [], env: { NODE_OPTIONS: `--require ${agent}` } },
};

const runOutOfHeap = async (t: TestContext, kept: Kept, node: NodeMajor): Promise<number | string> => {
  const limit = '--max-old-space-size=64';
  const way = ways[node];
  if (way === undefined) {
    const words = ['run', '--keep', kept.keep, `--node-option=${limit}`, '--', nodeBinary(node), kept.script];
    return (await memwatch(words, { timeoutMs: 120_000 })).code;
  }
  const target = await start(t, kept, [limit, ...way.flags], { node, env: way.env ?? {} });
  return target.exited;
};

for (const node of testedMajors) {
  test(`V8's own end: the function that keeps the memory is named, on Node ${node}`, async (t) => {
    const kept = compiled(t, leak, node);
    const code = await runOutOfHeap(t, kept, node);
    assert.ok(code === 'SIGABRT' || code === 134, String(code));
    const { sites, ended, samples } = await why(kept.keep);
    assert.ok(samples >= 1);
    assert.deepEqual(placesOf(sites[0]), ['rememberOrder orders.ts:4', 'orders.ts:7']);
    assert.ok(!sites.some((site) => site.function === 'handleRequest'));
    assert.equal(ended.isKnown, false);
    assert.match(ended.how, /heap was full|^it was killed, or crashed/); // see below
    const [folder = ''] = readdirSync(kept.keep);
    assert.equal(statSync(join(kept.keep, folder)).mode & 0o777, 0o700);
    for (const name of readdirSync(join(kept.keep, folder)))
      assert.equal(statSync(join(kept.keep, folder, name)).mode & 0o777, 0o600);
  });
}

/** Where the first function begins, and the lines that keep what it allocates. */
const placesOf = (site: Why['sites'][number] | undefined): string[] => {
  const at = ({ file, line }: Place): string => `${basename(file)}:${line}`;
  return site === undefined ? [] : [`${site.function} ${at(site)}`, ...site.addsIn.map(at)];
};

for (const node of testedMajors) {
  test(`the kernel's end: the function is named, and the container, on Node ${node}`, async (t) => {
    const kept = compiled(t, `process.stdin.once('data', () => {${leak}}); console.log('ready');`, node);
    const target = await startProcess(t, nodeBinary(node), ['--require', agent, kept.script], {
      stdin: 'pipe',
      env: { MEMWATCH_AGENT_KEEP: kept.keep },
    });
    const cgroup = makeCgroup(t, target.pid);
    if (cgroup === undefined) return t.skip('memory cgroups cannot be made here');
    cgroup.leaveRoom(120 * 2 ** 20);
    target.child.stdin?.write('go\n');
    assert.equal(await target.exited, 'SIGKILL');
    const { sites, ended } = await why(kept.keep);
    assert.deepEqual(placesOf(sites[0]), ['rememberOrder orders.ts:4', 'orders.ts:7']);
    // on a busy machine the last reading may be long before the end; then nothing is concluded from it
    assert.match(ended.how, /the kernel killed it|^it was killed, or crashed/);
  });
}

test('a program ends as it would without the agent, and the end is written', async (t) => {
  const body = `console.log('ready'); process.stdin.once('data', () => { boom(); }); function boom() { throw new Error('planted ' + process.argv[2]); }`;
  const kept = program(t, body, 'mjs');
  const target = await startProcess(t, nodeBinary(20), ['--import', agent, kept.script, '--token=SECRET-1'], {
    stdin: 'pipe',
    env: { MEMWATCH_AGENT_KEEP: kept.keep, PASSWORD: 'SECRET-2' },
  });
  await eventually('the agent works', async () => (await why(kept.keep).catch(() => undefined)) !== undefined, 30_000);
  assert.match((await why(kept.keep)).ended.how, /still runs/);
  target.child.stdin?.write('go\n');
  assert.equal(await target.exited, 1);
  assert.match(target.output(), /Error: planted --token=SECRET-1\n\s+at boom/);
  assert.doesNotMatch(target.output(), /^memwatch:|debugger/m);
  const { ended, files } = await why(kept.keep);
  assert.equal(ended.isKnown, true);
  assert.match(ended.how, /^it ended with exit code 1: an uncaught Error at boom \(file:.*program\.mjs:1:\d+\)$/);
  const [folder = ''] = readdirSync(kept.keep);
  for (const file of readdirSync(join(kept.keep, folder)))
    assert.ok(!readFileSync(join(kept.keep, folder, file), 'utf8').includes('SECRET'), file);
  assert.ok(files.some((file) => file.endsWith('.heapprofile')));
});

/** Keeps some 20 MB at once, before the agent's thread has begun. */
const eager = `const kept = [];
function hoard(n) {
  kept.push({ n, text: 'order ' + n, lines: [n, n] });
}
for (let n = 0; n < 150000; n++) hoard(n);
setInterval(() => {}, 50);
console.log('ready');`;

for (const node of testedMajors) {
  test(`what a program keeps from its first line on is sampled, and one that fails at once leaves evidence, on Node ${node}`, async (t) => {
    const full = program(t, eager);
    const target = await start(t, full, ['--require', agent], { node, ready: /ready/ });
    await eventually('the agent works', async () => written(full).includes('"reading"'), 30_000);
    target.child.kill('SIGUSR2');
    await eventually(
      'its line',
      async () => {
        const { sites } = await why(full.keep);
        return sites.some(({ addsIn }) => addsIn.some(({ line }) => line === 3));
      },
      30_000,
    );

    const failing = program(t, `function boom() { throw new TypeError('planted'); }\nboom();`);
    assert.equal(await (await start(t, failing, ['--require', agent], { node })).exited, 1);
    assert.match(
      (await why(failing.keep)).ended.how,
      /^it ended with exit code 1: an uncaught TypeError at boom \(.*:1:/,
    );

    const done = program(t, `process.exit(0)`);
    assert.equal(await (await start(t, done, ['--require', agent], { node })).exited, 0);
    assert.deepEqual(readdirSync(done.keep), [], 'a program that ends well at once waits for nothing');
  });
}

test('what is allocated below a call of the console is charged to its caller, not to the agent, through which the call goes', async (t) => {
  const source = `const kept = [];
    console.log('ready');
    process.stdout.write = (text) => kept.push(text);
    function report(n) {
      for (let i = 0; i < 20000; i++) console.log('order %d of %d', n, i);
    }
    let n = 0;
    setInterval(() => report(n++), 50);`;
  const kept = program(t, source);
  const target = await start(t, kept, ['--require', agent, '--max-old-space-size=64', '--jitless'], { ready: /ready/ });
  assert.match(String(await target.exited), /SIGABRT|134/);
  const { sites } = await why(kept.keep);
  assert.ok(sites.length > 0);
  for (const site of sites) assert.match(site.file, /program\.cjs$/);
});

/** Keeps what its worker thread allocates, by line 4 of the worker; `step`: objects each 30 ms. */
const withWorker = (t: TestContext, step: number): Kept => {
  const kept = program(
    t,
    `const { Worker } = require('node:worker_threads');
    const options = { resourceLimits: { maxOldGenerationSizeMb: 80 } };
    new Worker(require('node:path').join(__dirname, 'worker.cjs'), options).on('error', ({ code }) => console.log(code));
    console.log('ready');`,
  );
  const worker = `const kept = new Map();
    let n = 0;
    function remember(i) {
      kept.set(i, { i, lines: [1, 2, i], text: 'order ' + i });
    }
    setInterval(() => { for (let i = 0; i < ${step}; i++) remember(n++); }, 30);`;
  writeFileSync(join(dirname(kept.script), 'worker.cjs'), worker);
  return kept;
};

for (const node of outerMajors) {
  test(`a worker thread whose heap is full: the line that keeps its memory is named, on Node ${node}`, async (t) => {
    const kept = withWorker(t, 6000);
    const target = await start(t, kept, ['--require', agent], { node });
    assert.equal(await target.exited, 0);
    assert.match(target.output(), /ERR_WORKER_OUT_OF_MEMORY/);
    const { workers, marks } = await why(kept.keep);
    const [one] = workers;
    assert.equal(one?.worker, 2); // the agent's own thread is 1
    assert.deepEqual(placesOf(one.sites[0]).slice(1), ['worker.cjs:4']);
    assert.ok(marks.some(({ text }) => text.startsWith('worker 2 ended: its heap was full')));
  });
}

test('a worker thread is sampled again when a memwatch that sampled it has gone', async (t) => {
  const kept = withWorker(t, 1000);
  const target = await start(t, kept, ['--require', agent], { ready: /ready/ });
  const samplesOf = (sampling: RegExp): Promise<void> =>
    eventually(
      `evidence of its sampling ${sampling}`,
      async () => {
        if (written(kept).includes('"reading"')) target.child.kill('SIGUSR2');
        await delay(500);
        return sampling.test(written(kept));
      },
      30_000,
    );
  await samplesOf(/worker-00002-survivors-1-/);
  const run = await memwatch(['alloc', `${target.pid}/2`, '-d', '300ms', '--interval', '8K']);
  assert.match(run.stdout, /one in 8\.00 KB/, run.stderr);
  await samplesOf(/worker-00002-survivors-[2-9]-/);
  await eventually('its line', async () => (await why(kept.keep)).workers[0]?.sites[0]?.addsIn[0]?.line === 4, 30_000);
});

/** The names of the files, and the readings and marks. */
const written = ({ keep }: Kept): string => {
  const [folder = ''] = readdirSync(keep);
  const names = folder === '' ? [] : readdirSync(join(keep, folder));
  const readings = names.includes('readings.ndjson') ? readFileSync(join(keep, folder, 'readings.ndjson'), 'utf8') : '';
  return [...names, readings].join('\n');
};

test('a signal, a blocked loop, a snapshot, and a memwatch that attaches meanwhile', async (t) => {
  const body = `${leak.replace('60', '1')} kept.set(-1, ['SECRET', process.pid].join('-')); console.log('ready');
    process.stdin.once('data', () => { const until = Date.now() + 3000; while (Date.now() < until) spin(); });
    function spin() { let sum = 0; for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i); return sum; }`;
  const kept = compiled(t, body, 26);
  const target = await startProcess(t, nodeBinary(26), ['--require', agent, kept.script], {
    stdin: 'pipe',
    env: { MEMWATCH_AGENT_KEEP: kept.keep, MEMWATCH_AGENT_SNAPSHOT: '1' },
  });
  const has = async (pattern: RegExp): Promise<boolean> => pattern.test(written(kept));
  await eventually('the agent profiles', () => has(/(?:"kind":"reading"[^]*){4}/), 30_000);
  const run = await memwatch(['alloc', String(target.pid), '-d', '300ms', '--interval', '8K']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /rememberOrder/);
  target.child.stdin?.write('go\n');
  await eventually('the blocked loop is written', () => has(/event loop has not turned/), 30_000);
  target.child.kill('SIGUSR2');
  await eventually(
    'evidence of the signal is written',
    () => has(/census-[^]*survivors-2-[^]*evidence: SIGUSR2/),
    30_000,
  );
  await eventually('the snapshot is there, or why not', () => has(/heap-00001.heapsnapshot\n|no snapshot/), 60_000);
  const { files } = await why(kept.keep);
  const [snapshot] = files.filter((file) => file.endsWith('.heapsnapshot'));
  assert.ok(snapshot !== undefined, written(kept));
  assert.doesNotMatch(readFileSync(snapshot, 'latin1'), /SECRET-\d/);
  const ran = files.filter((file) => file.endsWith('.cpuprofile'));
  const tables = await Promise.all(ran.map((file) => memwatch(['cpu', file])));
  assert.ok(tables.some(({ stdout }) => stdout.includes('spin')));
});

/** Programs that get no SIGUSR1, or keep it. */
const closed: Record<string, { node: NodeMajor; flags?: readonly string[]; source?: string }> = {
  'with --disable-sigusr1': { node: 22, flags: ['--disable-sigusr1'] },
  'with its own handler of SIGUSR1': { node: 20, source: `process.on('SIGUSR1', () => console.log('asked'));` },
  'under the permission model': {
    node: 26,
    flags: ['--permission', '--allow-inspector', '--allow-worker', '--allow-fs-read=*', '--allow-fs-write=*'],
  },
};

/** Logs objects on SIGHUP, and then prints how many of them are still alive. */
const logObjects = `process.on('SIGHUP', () => {
    const logged = Array.from({ length: 300 }, (_, i) => new WeakRef({ i }));
    for (const one of logged) console.debug('request', one.deref());
    setTimeout(() => { gc(); console.log('kept', logged.filter((one) => one.deref() !== undefined).length); }, 100);
  });`;

for (const [name, { node, flags = [], source = '' }] of Object.entries(closed)) {
  test(`a program ${name} is attached to through the agent, and left as it was`, async (t) => {
    const kept = program(t, `${source} ${logObjects} setInterval(() => {}, 50); console.log('ready')`);
    const runtime = temporaryFolder(t);
    const env = { XDG_RUNTIME_DIR: runtime };
    const target = await start(t, kept, ['--expose-gc', ...flags, '--require', agent], { node, env, ready: /ready/ });
    const folder = join(runtime, `memwatch-${process.getuid?.()}`);
    const door = join(folder, `${target.pid}.door`);
    await eventually('the agent listens', () => existsSync(door) && (statSync(door).mode & 0o777) === 0o600, 30_000);
    target.child.kill('SIGHUP');
    await eventually('it has logged', () => target.output().includes('kept'), 30_000);
    assert.match(target.output(), /^kept 0$/m);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    const run = await memwatch(['attach', String(target.pid), '--count', '1', '--json']);
    assert.equal(run.code, 0, run.stderr);
    assert.ok(Number((JSON.parse(run.stdout) as { rssBytes: number }).rssBytes) > 0);
    assert.doesNotMatch(target.output(), /asked/);
    await noPortOpen(target.pid);
    if (node !== 22) return;
    const { processes } = (await memwatchJson(['ps'])) as { processes: { pid: number; attachable: boolean }[] };
    assert.equal(processes.find(({ pid }) => pid === target.pid)?.attachable, true);
  });
}

/** `PID`, `PID/2`: the target. Each with words that its output must have. */
const throughDoor: readonly (readonly [words: readonly string[], output: RegExp])[] = [
  [['cpu', 'PID', '-d', '1s'], /spin/],
  [['alloc', 'PID', '-d', '1s', '--interval', '8K'], /program\.cjs:4/],
  [['snapshot', 'PID', '-o', 'OUT'], /nodes/],
  [['census', 'PID'], /Object/],
  [['memory', 'PID'], /V8 heap/],
  [['dump', 'PID'], /worker 2/],
  [['top', 'PID', '--count', '1'], /process \d+ program\.cjs, Node/],
  [['lines', 'PID', 'program.cjs:remember', '-d', '1s', '--probe'], /remember/],
  [['leaks', 'PID', '--interval', '1s', '--rounds', '2'], /program\.cjs:2/],
  [['cpu', 'PID/2', '-d', '500ms'], /worker 2/],
  [['alloc', 'PID/2', '-d', '500ms'], /worker 2/],
  [['census', 'PID/2'], /Object/],
];
const door: Record<string, { node: NodeMajor; flags: readonly string[] }> = {
  'with --disable-sigusr1': { node: 24, flags: ['--disable-sigusr1'] },
  'under the permission model': closed['under the permission model'] as { node: NodeMajor; flags: readonly string[] },
};

for (const [name, { node, flags }] of Object.entries(door)) {
  test(`the commands work through the agent on a program ${name}`, async (t) => {
    const source = `const kept = []; let n = 0;
      function remember(i) { kept.push({ i, text: 'order ' + i, lines: [i, i] }); }
      function spin() { let sum = 0; for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i); return sum; }
      setInterval(() => { for (let i = 0; i < 50; i++) remember(n++); spin(); }, 20);
      new (require('node:worker_threads').Worker)('setInterval(() => {}, 50)', { eval: true });
      console.log('ready');`;
    const runtime = temporaryFolder(t);
    const out = join(temporaryFolder(t), 'out.heapsnapshot');
    const all = [...flags, '--require', agent];
    const env = { XDG_RUNTIME_DIR: runtime };
    const target = await start(t, program(t, source), all, { node, env, ready: /ready/ });
    const socket = join(runtime, `memwatch-${process.getuid?.()}`, `${target.pid}.door`);
    await eventually('the agent listens', () => existsSync(socket), 30_000);
    for (const [words, output] of throughDoor) {
      const given = words.map((word) => word.replace('PID', String(target.pid)).replace('OUT', out));
      const run = await memwatch(given);
      assert.equal(run.code, 0, `${given.join(' ')}: ${run.stderr}`);
      assert.match(run.stdout, output, given.join(' '));
      assert.doesNotMatch(run.stdout, /an inspector session ended/); // then V8's ids are new, and the evidence is weaker
    }
    await noPortOpen(target.pid);
  });
}

test('a folder for sockets that is open to others is closed to them; one that cannot be used is replaced by that of the evidence', async (t) => {
  const kept = program(t, `setInterval(() => {}, 50); console.log('ready')`);
  const name = `memwatch-${process.getuid?.()}`;
  const [open, taken] = [temporaryFolder(t), temporaryFolder(t)];
  mkdirSync(join(open, name));
  chmodSync(join(open, name), 0o777);
  writeFileSync(join(taken, name), '');
  for (const [runtime, folder] of [
    [open, join(open, name)],
    [taken, join(kept.keep, name)],
  ] as const) {
    const flags = ['--disable-sigusr1', '--require', agent];
    const target = await start(t, kept, flags, { node: 24, env: { XDG_RUNTIME_DIR: runtime }, ready: /ready/ });
    await eventually('the agent listens', () => existsSync(join(folder, `${target.pid}.door`)), 30_000);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    const run = await memwatch(['attach', String(target.pid), '--count', '1', '--json']);
    assert.equal(run.code, 0, run.stderr);
  }
});

test('a permission model that does not allow the agent: the program runs, and one line names the flags', async (t) => {
  for (const [node, flag, says] of [
    [22, '--permission', /^memwatch: the agent inside .*no inspector before Node 24, so it needs v8-profiler-next/m],
    [26, '--permission', /^memwatch: the agent inside .*--allow-worker --allow-inspector/m],
  ] as const) {
    const kept = program(t, `console.log('ready'); setTimeout(() => process.exit(3), 1500);`);
    const target = await start(t, kept, [flag, '--allow-fs-read=*', '--require', agent], { node });
    assert.equal(await target.exited, 3);
    assert.match(target.output(), says);
  }
});

test('where the permission model allows no inspector, v8-profiler-next samples', async (t) => {
  const modules = installProfiler();
  const major = Number.parseInt(process.versions.node);
  if (modules === undefined || major >= 24) return t.skip('v8-profiler-next is not built for a Node before 24 here');
  const kept = compiled(t, leak, 20);
  symlinkSync(modules, join(dirname(kept.script), 'node_modules'));
  const permission = major === 20 ? '--experimental-permission' : '--permission';
  const allowed = ['addons', 'child-process', 'fs-read=*', 'fs-write=*'].map((what) => `--allow-${what}`);
  const flags = [permission, ...allowed, '--max-old-space-size=64', '--require', agent, kept.script];
  const target = await startProcess(t, process.execPath, flags, {
    ready: null,
    cwd: dirname(kept.script),
    env: { MEMWATCH_AGENT_KEEP: kept.keep },
  });
  assert.match(String(await target.exited), /SIGABRT|134/);
  const { sites, files } = await why(kept.keep);
  assert.equal(sites[0]?.function, 'rememberOrder');
  assert.ok(files.some((file) => file.endsWith('.heapprofile')));
});

test('a program that listens to the signal itself keeps it', async (t) => {
  const body = `process.on('SIGUSR2', () => { console.log('mine'); process.exit(5); }); setInterval(() => {}, 50); console.log('ready')`;
  const kept = program(t, body);
  const target = await start(t, kept, ['--require', agent], { ready: /ready/ });
  target.child.kill('SIGUSR2');
  assert.equal(await target.exited, 5);
  assert.match(target.output(), /^memwatch: the program uses SIGUSR2 itself/m);
});

test('a program that has nothing left to do ends by itself', async (t) => {
  for (const node of testedMajors) {
    const kept = program(t, `console.log('ready'); setTimeout(() => { process.exitCode = 3; }, 300);`);
    const target = await start(t, kept, ['--require', agent], { node });
    assert.equal(await Promise.race([target.exited, delay(30_000, 'it still runs', { ref: false })]), 3);
    assert.equal(target.output(), 'ready\n');
  }
});

/**
 * Fills its disk, asks for evidence until `readings.ndjson` has not grown for five seconds, makes room again, asks for more,
 * and ends with 3 when that is there; with 9 if it never comes.
 */
const fillsDisk = `
const { appendFileSync, readdirSync, readFileSync, rmSync } = require('node:fs');
const disk = process.argv[2];
const written = () => { try { const k = disk + '/k/' + readdirSync(disk + '/k')[0]; return readFileSync(k + '/readings.ndjson', 'latin1'); } catch { return ''; } };
const kept = []; function remember(n) { kept.push({ n, text: 'order ' + n }); }
for (let n = 0; n < 100000; n++) remember(n);
let step = 0, size = 0, sinceMs = Date.now();
setInterval(() => {
  const text = written();
  if (text.length !== size) [size, sinceMs] = [text.length, Date.now()];
  if (step === 0 && /"reading"/.test(text) && /census/.test(String(readdirSync(disk + '/k/' + readdirSync(disk + '/k')[0])))) {
    step = 1;
    try { for (;;) appendFileSync(disk + '/fill', '.'.repeat(4096)); } catch {}
  }
  if (step === 1 && Date.now() - sinceMs > 5000) { rmSync(disk + '/fill'); step = 2; }
  if (step === 2 && /could not be written[^]*evidence: SIGUSR2[^]*"reading"/.test(text)) process.exit(3);
  if (text !== '') process.kill(process.pid, 'SIGUSR2');
}, 100);
setTimeout(() => process.exit(9), 40000);`;

test('a disk that is full for a while, and one that is read-only: the program ends as always, and the evidence is read', async (t) => {
  const kept = program(t, fillsDisk);
  const disk = temporaryFolder(t);
  const run = `mount -t tmpfs -o size=64k none "$2" || exit 77
    "$0" --require "$1" "$3" "$2"; code=$?; cp -r "$2/k" "$4"; mount -t tmpfs -o ro none "$2"
    "$0" --require "$1" -e 'setTimeout(() => process.exit(5), 1000)'; exit $code$?`;
  const words = ['-m', 'sh', '-c', run, nodeBinary(24), agent, disk, kept.script, join(kept.keep, 'copy')];
  const target = await startProcess(t, 'unshare', words, {
    ready: null,
    env: { MEMWATCH_AGENT_KEEP: join(disk, 'k') },
  });
  const code = await target.exited;
  if (code === 77 || code === 1) return t.skip('no file system can be mounted here');
  assert.equal(code, 35, target.output());
  assert.match(target.output(), /^memwatch: the agent inside has ended: cannot write .*EROFS/m);
  const { ended, marks, samples } = await why(join(kept.keep, 'copy'));
  assert.equal(ended.how, 'it ended with exit code 3');
  assert.ok(marks.some(({ text }) => text.startsWith('the agent: the disk is full')));
  assert.ok(marks.some(({ text }) => /^the agent: \d+ lines before this one could not be written$/.test(text)));
  assert.ok(samples > 0);
});

test('a program sees nothing of the thread of the agent, also if its own emit throws', async (t) => {
  const source = `process.on('worker', () => console.log('seen'));
    const { emit } = process;
    process.emit = (name) => { if (name === 'worker') throw new Error('planted'); };
    setTimeout(() => { process.emit = emit; console.log('end'); process.exit(3); }, 300);`;
  for (const node of outerMajors) {
    const target = await start(t, program(t, source), ['--require', agent], { node });
    assert.equal(await target.exited, 3);
    assert.equal(target.output(), 'end\n');
  }
});

test('a failure that comes back at each reading is noted once', async (t) => {
  const kept = program(
    t,
    `delete process[Symbol.for('memwatch.agent')]; setInterval(() => {}, 50); console.log('ready')`,
  );
  await start(t, kept, ['--require', agent], { ready: /ready/ });
  const noted = (): number => written(kept).split('the program has removed the agent').length - 1;
  await eventually('it is noted', async () => noted() > 0, 30_000);
  await delay(3000); // three readings
  assert.equal(noted(), 1);
});

test('switched off, or without a folder to write to, the program runs as always', async (t) => {
  const kept = program(t, `console.log('ready'); setTimeout(() => process.exit(3), 500);`);
  const off = await start(t, kept, ['--require', agent], { env: { MEMWATCH_AGENT: '0' } });
  assert.equal(await off.exited, 3);
  assert.deepEqual(readdirSync(kept.keep), []);
  const file = { ...kept, keep: kept.script };
  const target = await start(t, file, ['--require', agent]);
  assert.equal(await target.exited, 3);
});
