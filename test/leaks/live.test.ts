/** `memwatch leaks` on samples and small programs: what is clean, and what its options add. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { findLeaks } from '#memwatch/leaks/find-leaks.js';
import { look } from '../support/look.js';
import { memwatch } from '../support/memwatch.js';
import { repository } from '../support/paths.js';
import { startScript, startSource, type StartedTarget } from '../support/targets.js';

test('samples/bounded-cache and batched-log look like leaks, and no finding is made of them', async (t) => {
  const imports = ['bounded-cache', 'batched-log'].map((name) => `import('${repository(`samples/dist/${name}.js`)}');`);
  const report = await look(await startSource(t, imports.join('\n')), '--warm-up', '2');
  // on a busy machine the allocator's own memory may leave the verdict open, but never the heap
  assert.notEqual(report.verdict, 'leak', report.reasons.join('; '));
  assert.deepEqual(report.findings, []);
  const heap = report.bounds.find(({ of }) => of === 'JavaScript heap')?.perSecond;
  assert.ok((heap?.high ?? Infinity) < heldBytesPerSecond / 2, JSON.stringify([heap, report.reasons]));
});

/** What these two samples put into their collections, at least: a thousand objects a second each. */
const heldBytesPerSecond = 2 * 1000 * 50;

test('the stack that adds to the growing container is seen, and the container is put back', async (t) => {
  const source = `
    const users = new Map(); globalThis.users = users;
    function login(id) { users.set('user ' + id, { id, name: 'name ' + id }); }
    let id = 0; setInterval(() => {
      for (let i = 0; i < 20; i++) login(id++);
      console.log(Object.hasOwn(users, 'set') ? 'touched' : 'whole');
    }, 20);
    console.log('ready');`;
  const target = await startSource(t, source);
  const report = await look(target, '--growth-sites');
  const [site] = report.findings[0].growthSites;
  assert.equal(site.stack[0].function, 'login');
  assert.equal(site.stack[0].line, 3);
  assert.ok(site.count > 10);
  assert.match(target.output(), /touched/);
  await new Promise((go) => setTimeout(go, 200));
  assert.match(target.output().trimEnd(), /whole$/);
});

test('a Set and an array of numbers are found by their sizes, for a snapshot shows no entries of them', async (t) => {
  const source = `
    const seen = new Set(); const history = []; let id = 0;
    globalThis.step = () => { for (let i = 0; i < 40; i++) { seen.add(id); history.push(id++ * 1.5); } };
    setInterval(step, 20);
    console.log('ready');`;
  const report = await look(await startSource(t, source));
  assert.deepEqual(report.findings.map(({ kind, location }) => `${kind} ${location?.line}`).toSorted(), [
    'array 3',
    'set 3',
  ]);
  for (const { history } of report.findings) assert.ok(history.length >= 5);
});

test('promises that wait in a Map, each with a timer, are one finding; jobs that the same program keeps are another', async (t) => {
  const source = `
    const waiting = new Map(); let id = 0;
    const ask = () => new Promise((resolve, reject) =>
      waiting.set(id++, { resolve, timer: setTimeout(() => reject(new Error('late')), 3_600_000) }));
    class Job { steps = [{ at: id }]; }
    const jobs = [];
    const request = async () => ({ body: { id }, answer: await ask() });
    setInterval(() => { for (let i = 0; i < 20; i++) { void request(); jobs.push(new Job()); } }, 20);
    console.log('ready');`;
  const { findings } = await look(await startSource(t, source));
  const shown = findings.map(({ kind, location }) => `${kind} ${location?.line}`).toSorted();
  assert.deepEqual(shown, ['array 8', 'map 4'], findings.map(({ title }) => title).join('; '));
});

test('without snapshots the census names what grows and the function that makes it, as weaker evidence', async (t) => {
  const report = await look(await startScript(t, repository('samples/dist/growing-cache.js')), '--light');
  assert.equal(report.verdict, 'leak');
  assert.equal(report.evidence, 'census');
  assert.equal(report.snapshots, 0);
  const [sessions, ...others] = report.findings;
  assert.deepEqual(others, [], 'what each session is made of belongs to it');
  assert.deepEqual([sessions?.kind, sessions?.bytesPerRound], ['map', null]);
  assert.ok(
    sessions?.reasons.some((text) => /in step with it.* Session \+\d/.test(text)),
    sessions?.reasons.join('; '),
  );
  assert.equal(sessions.location?.file, repository('samples/src/growing-cache.ts'));
});

test('a program that memwatch starts can be looked at, and a round can be a command', async () => {
  const load = `${process.execPath} -e "setTimeout(() => {}, 300)"`;
  const run = await memwatch(
    ['leaks', '--load', load, '--json', '--fail-on', 'leak', '--', repository('samples/dist/growing-cache.js')],
    { timeoutMs: 240_000 },
  );
  assert.equal(run.code, 1, run.stderr);
  assert.equal((JSON.parse(run.stdout) as LeakReport).verdict, 'leak');
});

test('symbols that Symbol.for() registers under ever new keys are found, and the line that calls it', async (t) => {
  const source = `let n = 0;
    function register() {
      for (let i = 0; i < 20; i++) {
        const symbol = Symbol.for('key-' + n++);
        if (n < 0) console.log(symbol);
      }
    }
    setInterval(register, 20);
    console.log('ready');`;
  const report = await look(await startSource(t, source));
  assert.equal(report.verdict, 'leak', report.reasons.join('; '));
  const [first] = report.findings;
  assert.equal(first?.kind, 'symbol-registry', first?.title);
  assert.match(first.title, /^registry of Symbol\.for\(\) gains .* symbols a round and keeps them$/);
  assert.match(first.signature, /> \(symbol\)$/);
  assert.equal(first.location?.line, 4);
});

test('a leak that is proved is reported, although the user or the target ends the round that looks for its place', async (t) => {
  const source = `const memory = new WebAssembly.Memory({ initial: 1, maximum: 60_000 });
    setInterval(() => memory.grow(16), 50);
    console.log('ready');`;
  const search = async (end: (target: StartedTarget, stop: AbortController) => void): Promise<LeakReport> => {
    const target = await startSource(t, source);
    const stop = new AbortController();
    const onProgress = (text: string): void => {
      if (text.startsWith('which code')) end(target, stop);
    };
    return findLeaks({ kind: 'pid', pid: target.pid }, { intervalMs: 1500, signal: stop.signal, onProgress });
  };
  const [stopped, ended] = await Promise.all([
    search((_, stop) => stop.abort()),
    search(({ child }) => child.kill('SIGKILL')),
  ]);
  for (const { verdict, findings } of [stopped, ended])
    assert.deepEqual([verdict, findings[0]?.container.name], ['leak', 'external memory']);
  assert.deepEqual(stopped.warnings, []);
  assert.match(ended.warnings.join('\n'), /^not everything was looked at: /);
});
