/** `memwatch lines <target>`: samples and probes of real processes that already run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary, outerMajors, testedMajors, type NodeMajor } from '../support/nodes.js';
import { repository } from '../support/paths.js';
import { printedLine, startScript, startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';

interface Line {
  line: number;
  hits: number | null;
  timeUs: number | null;
  incrementBytes: number | null;
  externalBytes: number | null;
  untimedHits: number;
  source: string;
}
interface Document {
  functions: { name: string; calls: number | null; lines: Line[] }[];
  notes: string[];
}

/** On a busy machine the target hardly runs for a while: measures again, each time for twice as long, until it did. */
const linesWhen = async (
  enough: (document: Document) => boolean,
  target: number | string,
  wanted: string,
  ...options: string[]
): Promise<Document> => {
  let printed = '';
  for (let durationMs = 700; durationMs < 12_000; durationMs *= 2) {
    const run = await memwatch(['lines', String(target), wanted, '-d', `${durationMs}ms`, ...options, '--json']);
    printed = run.stdout + run.stderr;
    if (run.code === 2 && /no sample in/.test(run.stderr)) continue;
    assert.equal(run.code, 0, printed);
    const document = JSON.parse(run.stdout) as Document;
    if (enough(document)) return document;
  }
  return assert.fail(printed);
};

/** All samples on the lines of the function: 30 or more tell a line of half of the time from one of a tenth. */
const sampledUs = (document: Document): number =>
  document.functions[0]?.lines.reduce((sum, { timeUs }) => sum + (timeUs ?? 0), 0) ?? 0;
const wellSampled = (document: Document): boolean => sampledUs(document) >= 30_000;
const calledAtLeast =
  (calls: number) =>
  (document: Document): boolean =>
    (document.functions[0]?.calls ?? 0) >= calls;

const find = (document: Document, text: string): Line => {
  const found = document.functions[0]?.lines.find(({ source }) => source.includes(text));
  return found ?? assert.fail(`no line with ${text} in ${JSON.stringify(document)}`);
};

/** Runs `handle` about twenty times a second, and prints each time whether anything of memwatch is in the process. */
const service = `
const kept = [];
const spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
function fib(n) {
  if (n < 2) return n;
  return fib(n - 1) + fib(n - 2);
}
function handle(i) {
  let sum = 0;
  for (let k = 0; k < 3; k++) {
    sum += k;
  }
  spin(3);
  kept[0] = Buffer.alloc(10 * 1024 * 1024);
  if (i % 2 === 0) {
    return sum;
  }
  try {
    if (i % 4 === 1) throw new Error('x');
  } catch {
    sum += 1;
  }
  return sum;
}
async function waits(i) {
  const before = i;
  await new Promise((done) => setTimeout(done, 15));
  return before;
}
let turn = 0;
setInterval(() => {
  const sum = handle(turn);
  const right = sum === (turn % 4 === 1 ? 4 : 3) && fib(5) === 5;
  turn++;
  void waits(turn);
  if (turn % 5 === 0) console.log(right, '__memwatchProbe__' in globalThis || Reflect.get(process, Symbol.for('memwatch')) !== undefined ? 'touched' : 'untouched');
}, 50);
console.log('ready');
`;

const startService = (t: TestContext, node: NodeMajor): Promise<StartedTarget> =>
  startSource(t, service, { node, kind: 'cjs' });

/** Waits until the target prints that nothing is left in it; its results must have been right all the time. */
const untouched = async (target: StartedTarget): Promise<void> => {
  const said = target.output().length;
  for (let waitedMs = 0; waitedMs < 40_000; waitedMs += 100) {
    await sleep(100);
    const last = target
      .output()
      .slice(said)
      .trim()
      .split('\n')
      .findLast((line) => line.includes('touched'));
    if (last?.endsWith(' untouched') === true) break;
  }
  const all = target
    .output()
    .trim()
    .split('\n')
    .filter((line) => line.includes('touched'));
  assert.equal(all.at(-1), 'true untouched', `process ${target.pid} on ${target.child.spawnfile}`);
  assert.ok(
    all.every((line) => line.startsWith('true ')),
    'it answers as before',
  );
};

for (const node of outerMajors) {
  describe(`lines of a running process on Node ${node}`, () => {
    test('samples tell a hot line from a cool one, and leave nothing behind', async (t) => {
      const target = await startSource(
        t,
        `function small(x) { return x % 7; }
        function handle(n) {
          let sum = 0;
          for (let i = 0; i < n; i++) {
            sum += Math.sin(i) + Math.cos(i) + Math.tan(i);
            sum += small(i);
          }
          return sum;
        }
        setInterval(() => handle(100_000), 15);
        console.log('ready');`,
        { node, kind: 'cjs' },
      );
      const document = await linesWhen(wellSampled, target.pid, 'target.cjs:handle');
      const hot = find(document, 'Math.sin');
      assert.ok((hot.timeUs ?? 0) > sampledUs(document) / 2, JSON.stringify(document));
      assert.equal(hot.hits, null);
      assert.equal(hot.incrementBytes, null);
      assert.match(document.notes.join(), /Statistical/);
    });

    test('a probe counts hits exactly, measures a Buffer of known size, says what it cannot measure, and is undone', async (t) => {
      const target = await startService(t, node);
      const document = await linesWhen(calledAtLeast(10), target.pid, 'target.cjs:handle', '--probe');
      const calls = document.functions[0]?.calls ?? 0;
      const hits = (text: string): number => find(document, text).hits ?? -1;
      const counts = ['let sum', 'for (let k', 'sum += k', 'if (i % 2'].map(hits);
      assert.deepEqual(counts, [calls, 4 * calls, 3 * calls, calls]);
      assert.ok(Math.abs(hits('return sum;') - calls / 2) <= 1);
      const buffer = find(document, 'Buffer.alloc');
      const eachBytes = (buffer.externalBytes ?? 0) / (buffer.hits ?? 1);
      // a collection of an older Buffer within the line makes one hit look free
      const hidden = 1 / (buffer.hits ?? 1);
      assert.ok(Math.abs(eachBytes / 10_485_760 - 1) < 0.05 + hidden, `10 MiB: ${eachBytes}`);
      const spun = find(document, 'spin(3)');
      const eachUs = (spun.timeUs ?? 0) / (spun.hits ?? 1);
      const light = find(document, 'sum += k');
      const lightUs = (light.timeUs ?? 0) / (light.hits ?? 1);
      assert.ok(eachUs > 2700 && lightUs < eachUs / 3, `3 ms: ${eachUs}, an addition: ${lightUs}`);
      await untouched(target);

      const waiting = await linesWhen(calledAtLeast(4), target.pid, 'target.cjs:waits', '--probe');
      const awaits = find(waiting, 'await new');
      assert.ok((awaits.hits ?? 0) > 2);
      assert.equal(awaits.timeUs, null);
      assert.match(waiting.notes.join(), /hits have no time/);

      const recursive = await linesWhen(calledAtLeast(60), target.pid, 'target.cjs:fib', '--probe');
      const turns = (recursive.functions[0]?.calls ?? 0) / 15;
      assert.ok(Number.isInteger(turns), `fib(5) is 15 calls, ${turns} times`);
      assert.equal(find(recursive, 'if (n < 2)').hits, 15 * turns);
      assert.equal(find(recursive, 'return fib').hits, 7 * turns);
      assert.ok(find(recursive, 'return fib').untimedHits > 0, 'a line that calls itself cannot be timed');
      await untouched(target);
    });
  });
}

for (const node of [22, 24, 26] as const) {
  test(`TypeScript that Node ${node} strips itself is shown as it was written`, async (t) => {
    const script = join(temporaryFolder(t), 'target.ts');
    writeFileSync(script, typed);
    const target = await startScript(t, script, { node });
    const probed = await linesWhen(calledAtLeast(4), target.pid, 'target.ts:handle', '--probe');
    const calls = probed.functions[0]?.calls ?? 0;
    assert.deepEqual([find(probed, 'let sum: number').line, find(probed, 'k: number = 0').hits], [4, 4 * calls]);
    const sampled = await linesWhen(wellSampled, target.pid, 'target.ts:handle');
    const spins = find(sampled, 'while (performance').timeUs ?? 0;
    assert.ok(spins > sampledUs(sampled) / 2, JSON.stringify(sampled));
    const run = await memwatch(['lines', '--json', 'target.ts:handle', '--', nodeBinary(node), script, 'once']);
    assert.equal(run.code, 0, run.stderr);
    const counted = JSON.parse(run.stdout) as Document;
    assert.deepEqual([find(counted, 'let sum: number').hits, find(counted, 'k: number = 0').hits], [1, 4]);
  });
}

for (const node of [20, 26] as const) {
  test(`the lines of a function of a worker are sampled on Node ${node}; it is not probed, and the report says so`, async (t) => {
    const source = `const { Worker } = require('node:worker_threads');
      new Worker(require('node:path').join(__dirname, 'worker.cjs'), { name: 'counter' });`;
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'main.cjs'), source);
    writeFileSync(
      join(folder, 'worker.cjs'),
      `function handle(n) {
        let sum = 0;
        for (let i = 0; i < n; i++) {
          sum += Math.sin(i) + Math.cos(i) + Math.tan(i);
        }
        return sum;
      }
      setInterval(() => handle(100_000), 15);
      console.log('ready');`,
    );
    const target = await startScript(t, join(folder, 'main.cjs'), { node });
    const document = await linesWhen(wellSampled, `${target.pid}/1`, 'worker.cjs:handle');
    assert.ok((find(document, 'Math.sin').timeUs ?? 0) > sampledUs(document) / 2, JSON.stringify(document));
    const probe = await memwatch(['lines', `${target.pid}/1`, 'worker.cjs:handle', '--probe']);
    assert.equal(probe.code, 2);
    assert.match(probe.stderr, /main thread alone\n +leave out --probe to sample the lines/);
    assert.equal(target.child.exitCode, null);
  });
}

/** `once` makes it end after one call. */
const typed = `interface Order { id: number }
export function handle(order: Order): number {
  const until: number = performance.now() + 12;
  let sum: number = 0;
  for (let k: number = 0; k < 3; k++) {
    sum += k;
  }
  while (performance.now() < until);
  return sum + (order.id satisfies number);
}
let id = 0;
if (process.argv[2] === 'once') handle({ id });
else setInterval(() => handle({ id: id++ }), 20);
console.log('ready');
`;

test('a probe is undone on Ctrl-C', async (t) => {
  const target = await startService(t, 22);
  const probing = await startProbe(target);
  probing.child.kill('SIGINT');
  assert.equal(await probing.ended, 130);
  await untouched(target);
});

test('a probe is undone by the target itself when memwatch is killed, on every Node', async (t) => {
  await Promise.all(
    testedMajors.map(async (node) => {
      const target = await startService(t, node);
      const probing = await startProbe(target);
      probing.child.kill('SIGKILL');
      await probing.ended;
      await untouched(target);
    }),
  );
});

test('a probe ends at its limit of hits, and states its risk and cost first', async (t) => {
  const target = await startService(t, 24);
  const run = await memwatch([
    'lines',
    String(target.pid),
    'target.cjs:handle',
    '--probe',
    '--max-hits',
    '50',
    '-d',
    '20s',
  ]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /cost: .* at most 20\.0 s or 50 hits,\n +and then until the event loop turns/);
  assert.match(run.stderr, /risk: /);
  assert.match(run.stdout, /It stopped early, at the limit of --max-hits/);
  await untouched(target);
});

test('a process that never rests is not probed, and runs on', async (t) => {
  const target = await startSource(
    t,
    `function busy() { let x = 0; for (;;) x++; }\nconsole.log('ready');\nsetTimeout(busy, 100);`,
    {
      node: 26,
      kind: 'cjs',
    },
  );
  await sleep(200);
  const run = await memwatch(['lines', String(target.pid), 'target.cjs:busy', '--probe']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /event loop did not turn/);
  assert.equal(target.child.exitCode, null);
});

test('a function that is not there is reported, with those that are', async (t) => {
  const target = await startService(t, 20);
  const run = await memwatch(['lines', String(target.pid), 'target.cjs:nothing']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /no such function; there are spin, fib, handle, waits/);
  const other = await memwatch(['lines', String(target.pid), 'other.js:handle']);
  assert.match(other.stderr, /has loaded no such file/);
});

const startProbe = async (target: StartedTarget) => {
  const child = spawn(
    process.execPath,
    [repository('dist/cli.js'), 'lines', String(target.pid), 'target.cjs:handle', '--probe', '-d', '60s'],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  const ended = new Promise<unknown>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  for (let waitedMs = 0; waitedMs < 45_000 && !/true touched/.test(target.output()); waitedMs += 100) await sleep(100);
  await printedLine(target, /true touched/);
  await sleep(700);
  return { child, ended };
};
