/** `memwatch check` as CI runs it: real scenarios in real processes, many of them in one run. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CheckReport, ScenarioReport } from '#memwatch/analyzer/model/check.js';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary } from '../support/nodes.js';
import { startScript, startSource, temporaryFolder } from '../support/targets.js';

const kept = `class Tag { constructor(i) { this.i = i; } }\nconst kept = new Map();\n`;
const sources = {
  'leak.mjs': `${kept}export const iterate = (_, i) => { kept.set(i, new Tag(i)); };`,
  // has 5000 equal texts
  'clean.cjs': `const cache = new Map();
    const texts = Array.from({ length: 5000 }, () => Buffer.from('Amsterdam-Noord').toString());
    module.exports = { texts, limits: { maxWaste: '50mb' }, iterations: 50, setup: () => ({ n: 0 }), iterate(context, i) {
      cache.set(i % 100, { n: context.n++ });
    } };`,
  'bounded.mjs': `const cache = new Map();
    export const iterate = (_, i) => {
      cache.set('key ' + i, { i });
      if (cache.size > 60_000) cache.delete(cache.keys().next().value);
    };`,
  'symbols.mjs': `export const iterate = (_, i) => { Symbol.for('request ' + i); };`,
  'files.mjs': `import fs from 'node:fs';
    export const iterations = 100;
    export const iterate = () => { fs.openSync(process.execPath); };`,
  'timers.mjs': `export const iterate = () => { setInterval(() => {}, 60_000); };`,
  'slow.mjs': `const kept = [];
    export const iterate = async () => {
      kept.push(Array.from({ length: 200 }, (_, i) => ({ i })));
      await new Promise((go) => setTimeout(go, 700));
    };`,
  'throws.mjs': `export const iterate = (_, i) => { if (i === 3) throw new TypeError('no such user'); };`,
  'never.mjs': `export const iterate = () => new Promise(() => {});`,
  'exits.mjs': `export const iterate = () => process.exit(0);`,
  'crashes.mjs': `export const iterate = () => { setTimeout(() => { throw new RangeError('stray'); }, 1); };`,
  'hangs.mjs': `export const iterate = (_, i) => { while (i === 5); };`,
  'syntax.mjs': `export const iterate = ;`,
  'nothing.mjs': `export const other = 1;`,
};
type Name = keyof typeof sources;

const folderWith = (t: TestContext, ...names: Name[]): string => {
  const folder = temporaryFolder(t);
  for (const name of names) writeFileSync(join(folder, name), sources[name]);
  return folder;
};

const noGitHub = { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' };

const check = async (
  where: string | { cwd: string; node: string },
  ...args: string[]
): Promise<{ code: number | string; report: CheckReport; of: (file: string) => ScenarioReport }> => {
  const options = typeof where === 'string' ? { cwd: where } : where;
  const run = await memwatch(['check', '--json', ...args], { ...options, timeoutMs: 280_000, env: noGitHub });
  assert.notEqual(run.stdout, '', run.stderr);
  const report = JSON.parse(run.stdout) as CheckReport;
  const of = (file: string): ScenarioReport => {
    const one = report.scenarios.find((scenario) => scenario.file === file);
    assert.ok(one, file);
    return one;
  };
  return { code: run.code, report, of };
};

test('too few calls prove nothing: it passes without --strict, and says what grew and what would settle it', async (t) => {
  const folder = folderWith(t, 'slow.mjs');
  const run = await memwatch(['check', 'slow.mjs'], { cwd: folder, timeoutMs: 280_000, env: noGitHub });
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /pass  slow\.mjs: inconclusive/);
  assert.match(run.stdout, /not proved: array kept/);
  assert.match(run.stdout, /only \d+ calls .*\n.*make each call faster/);
});

test('leaks fail and are named with rate and line; a scenario without one passes', async (t) => {
  const names: Name[] = ['leak.mjs', 'clean.cjs', 'files.mjs', 'timers.mjs'];
  const { code, report, of } = await check(folderWith(t, ...names), ...names);
  assert.equal(code, 1);
  assert.equal(report.passed, false);
  assert.deepEqual([of('clean.cjs').verdict, of('clean.cjs').passed], ['clean', true], of('clean.cjs').reasons.join());
  const [waste] = of('clean.cjs').limits;
  assert.ok(waste?.name === 'max-waste' && !waste.exceeded && waste.measured >= 5000 * 24, JSON.stringify(waste));
  const [leak] = of('leak.mjs').findings;
  assert.ok(leak);
  assert.match(leak.title, /kept gains 1 Tag a call/);
  assert.equal(leak.countPerIteration, 1);
  assert.match(`${leak.location?.file}:${leak.location?.line}`, /leak\.mjs:3$/);
  assert.deepEqual(of('leak.mjs').new, [leak.signature]);
  assert.deepEqual(
    leak.path.map(({ edge, name }) => `${edge} ${name}`.trim()),
    ['leak.mjs', 'kept Map'],
  );
  assert.match(
    leak.allocationSites.map(({ function: name, file, line }) => `${name} ${file}:${line}`).join('\n'),
    /(iterate|Tag|\(body\)) .*leak\.mjs:[13]/,
  );
  assert.match(of('files.mjs').findings[0]?.title ?? '', /file descriptors/);
  assert.match(JSON.stringify(of('timers.mjs').findings), /imer|Timeout/);
});

test('a cache that fills up to sixty thousand entries passes, and symbols that V8 keeps for ever do not', async (t) => {
  const { of } = await check(folderWith(t, 'bounded.mjs', 'symbols.mjs'), 'bounded.mjs', 'symbols.mjs');
  const bounded = of('bounded.mjs');
  assert.equal(bounded.verdict, 'clean', bounded.failure?.message ?? bounded.reasons.join('\n'));
  const [finding] = of('symbols.mjs').findings;
  assert.match(finding?.title ?? '', /^registry of Symbol\.for\(\) gains 1 symbol a call and keeps them$/);
  assert.match(`${finding?.location?.file}:${finding?.location?.line}`, /symbols\.mjs:1$/);
});

test('each kind of failure is reported by name, alone, and does not affect the others', async (t) => {
  const names: Name[] = ['throws.mjs', 'never.mjs', 'exits.mjs', 'crashes.mjs', 'syntax.mjs', 'clean.cjs'];
  const { code, of } = await check(folderWith(t, ...names), '--jobs', '2', ...names);
  assert.equal(code, 1);
  const told = (name: Name): string => `${of(name).failure?.kind}: ${of(name).failure?.message}`;
  assert.equal(told('throws.mjs'), 'threw: iterate, call 3 threw: no such user');
  assert.match(of('throws.mjs').failure?.output ?? '', /TypeError: no such user\n +at .*throws\.mjs:1/);
  assert.doesNotMatch(of('throws.mjs').failure?.output ?? '', /child\.js/);
  assert.match(told('never.mjs'), /^never-settles: iterate, call 0 waits for a promise that nothing can settle/);
  assert.match(told('exits.mjs'), /^exited: its process ended with exit code 0/);
  assert.match(told('crashes.mjs'), /^crashed: .*RangeError: stray/);
  assert.match(told('syntax.mjs'), /^crashed: .*SyntaxError/);
  assert.match(of('syntax.mjs').failure?.output ?? '', /syntax\.mjs:1/);
  assert.equal(of('clean.cjs').verdict, 'clean');
});

test('a hang ends after its time limit, and is distinguished from a scenario that waits', async (t) => {
  const { code, of } = await check(folderWith(t, 'hangs.mjs'), '--timeout', '5', 'hangs.mjs');
  assert.equal(code, 1);
  assert.equal(of('hangs.mjs').failure?.kind, 'timeout');
  assert.match(of('hangs.mjs').failure?.message ?? '', /5 s: its event loop is blocked/);
});

test('what memwatch cannot run ends with exit code 2, if possible before anything has run', async (t) => {
  const folder = folderWith(t, 'nothing.mjs', 'clean.cjs');
  const nothing = await check(folder, 'nothing.mjs');
  assert.equal(nothing.code, 2);
  assert.match(nothing.of('nothing.mjs').failure?.message ?? '', /exports no function iterate/);
  const complaint = async (...args: string[]): Promise<string> => {
    const run = await memwatch(['check', ...args], { cwd: folder, env: noGitHub });
    assert.equal(run.code, 2, run.stdout);
    assert.equal(run.stdout, '');
    return run.stderr;
  };
  assert.match(await complaint('clean.cjs', 'gone.mjs'), /no such file: gone\.mjs/);
  assert.match(await complaint(), /no scenario given/);
  assert.match(await complaint('clean.cjs', '--max-growth', 'much'), /max-growth: not a size/);
  assert.match(await complaint('clean.cjs', '--baseline', 'gone.json'), /no such baseline: gone\.json/);
  writeFileSync(join(folder, 'memwatch-baseline.json'), '{ "schema": "memwatch/baseline@7" }');
  assert.match(await complaint('clean.cjs'), /later memwatch/);
});

test('a leak known from another Node and from other lines passes, a worse one fails, and the files for CI are written', async (t) => {
  const folder = folderWith(t, 'leak.mjs');
  const first = await check({ cwd: folder, node: nodeBinary(24) }, 'leak.mjs', '--update-baseline');
  assert.equal(first.code, 0);
  const baseline = join(folder, 'memwatch-baseline.json');
  const written = readFileSync(baseline, 'utf8');
  assert.doesNotMatch(written, new RegExp(`${folder}|@\\d\\d|"id"`));

  writeFileSync(join(folder, 'leak.mjs'), `// one\n// two\n\nconst other = 1;\n${sources['leak.mjs']}\n`);
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'summary.md'), GITHUB_WORKSPACE: folder };
  writeFileSync(baseline, written.replace(/"(bytes|count)PerIteration": [\d.]+/g, '"$1PerIteration": 0.1'));
  mkdirSync(join(folder, 'out'));
  const args = ['--junit', 'out/junit.xml', '--markdown', 'out/check.md', '--artifacts', 'kept', '--max-heap', '1mb'];
  const worse = await memwatch(['check', 'leak.mjs', ...args], { cwd: folder, env, timeoutMs: 200_000 });
  assert.equal(worse.code, 1, worse.stderr);
  assert.match(worse.stderr, /^to look into it: /m);
  assert.match(worse.stdout, /FAIL {2}leak\.mjs: leak[^]*worse: Map .*kept[^]*max-heap: .*limit 1\.00 MB exceeded/);
  assert.match(worse.stderr, /^::error file=leak\.mjs,line=7,col=\d+,title=memwatch check::/m);
  assert.match(readFileSync(join(folder, 'out/junit.xml'), 'utf8'), /<failure type="leak"/);
  assert.equal(
    readFileSync(join(folder, 'out/check.md'), 'utf8').trim(),
    readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8').trim(),
  );
  const snapshot = join(folder, 'kept/leak.mjs/0.heapsnapshot');
  assert.equal(statSync(snapshot).mode & 0o077, 0);
  const again = JSON.parse(readFileSync(join(folder, 'kept/check.json'), 'utf8')) as CheckReport;
  const known = JSON.parse(written) as { scenarios: Record<string, { signature: string }[]> };
  assert.deepEqual(
    again.scenarios[0]?.findings.map(({ signature }) => signature),
    known.scenarios['leak.mjs']?.map(({ signature }) => signature),
  );
  const kept = ['0', '1', '2'].map((number) => join(folder, `kept/leak.mjs/${number}.heapsnapshot`));
  const offline = await memwatch(['leaks', ...kept, '--json'], { timeoutMs: 100_000 });
  assert.match(offline.stdout, /"file": ".*leak\.mjs"/, 'the scripts lie beside the snapshots');
});

test('a load that hangs is ended, and said', async (t) => {
  const target = await startSource(t, 'setInterval(() => {}, 50); console.log("ready");');
  const run = await memwatch(['check', '--pid', String(target.pid), '--load', 'sleep 60', '--timeout', '1']);
  assert.equal(run.code, 2);
  assert.match(run.stderr, /the load failed: sleep 60 runs longer than 1 s, the time limit/);
});

test('a running service is checked by its process id, under its own load or a given one', async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'service.mjs');
  writeFileSync(
    script,
    `class Order {}\nconst orders = [];\nsetInterval(() => { for (let i = 0; i < 50; i++) orders.push(new Order()); }, 20);\nconsole.log('ready');`,
  );
  const { pid } = await startScript(t, script);
  const { code, report } = await check(folder, '--pid', String(pid), '--load', 'sleep 0.5');
  assert.equal(code, 1);
  const [service] = report.scenarios;
  assert.equal(service?.file, 'service.mjs');
  assert.match(service?.findings[0]?.title ?? '', /orders gains .* Order a round/);
  assert.deepEqual(service?.new, [service?.findings[0]?.signature]);
});

test('a service is held against limits, and one that ends before the check is done has failed, by its name', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'runs.cjs'), 'setInterval(() => {}, 10);');
  writeFileSync(join(folder, 'ends.cjs'), 'setTimeout(() => { throw new RangeError("boom"); }, 300);');
  const runs = await check(folder, '--interval', '200ms', '--max-time', '2s', '--max-heap', '1mb', '--', 'runs.cjs');
  assert.equal(runs.code, 1);
  assert.deepEqual(
    runs.report.scenarios[0]?.limits.map(({ name, exceeded }) => [name, exceeded]),
    [['max-heap', true]],
  );
  const ends = await check(folder, '--interval', '10s', '--', 'ends.cjs');
  assert.equal(ends.code, 1);
  const failure = ends.report.scenarios[0]?.failure;
  assert.equal(
    `${failure?.kind}: ${failure?.message}`,
    'crashed: it ended with exit code 1 before the check was finished',
  );
});
