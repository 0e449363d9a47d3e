/** Snapshots without secrets: none of what a program holds in strings is in the file, and every analysis finds the same. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createRedactor } from '#memwatch/agent/capture/redact.js';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { findWaste } from '#memwatch/analyzer/waste/find-waste.js';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary, testedMajors } from '../support/nodes.js';
import { startScript, startSource, temporaryFolder } from '../support/targets.js';

/** Secrets in every kind of place; each is put together at run time, so that the source does not contain it. */
const secrets = `
const secret = (n) => ['SECRET', n, 'RET'].join('-' + n * 7919 + '-');
const key = {};
globalThis.held = {
  password: secret(1), mail: secret(2) + '@example.com', list: [secret(3)], map: new Map([[secret(4), secret(5)]]),
  set: new Set([secret(6)]), weak: new WeakMap([[key, secret(7)]]), weakLong: new WeakMap([[key, secret(8) + 'y'.repeat(3000)]]), key,
  symbol: Symbol(secret(9)), expression: new RegExp(secret(10) + '.*'), error: new Error(secret(11)),
  rope: secret(12) + Math.random() + secret(13), slice: (secret(14) + 'abcdefghijklmnopqrstuvwxyz').slice(0, 30),
  wide: secret(15) + 'äöü€漢字', escaped: secret(16) + '"\\\\\\\\"\\n</script>\\\\', promise: Promise.resolve(secret(17)),
  closure: ((kept) => () => kept)(secret(18)), bound: function () {}.bind(null, secret(19)), boxed: new String(secret(20)),
  code: (0, eval)('(() => "' + secret(21) + '")'), long: secret(22) + 'z'.repeat(5000),
  equal: Array.from({ length: 500 }, (_, i) => (secret(23) + '-' + (i % 5)).split('').join('')),
  ropes: Array.from({ length: 50 }, (_, i) => { let s = secret(24) + i; for (let k = 0; k < 40; k++) s += 'q'; return s; }),
};
class Session { constructor(i) { this.token = secret(25) + i; } }
held.sessions = Array.from({ length: 500 }, (_, i) => new Session(i));
{ const onlyInBlock = new Map(); held.block = () => onlyInBlock; }
`;
const aSecret = /SECRET-\d+-\d+-\d+-RET/g;

/** The text in pieces of many sizes, the smallest of one character. */
const redactInPieces = (text: string): string => {
  const { push, finish } = createRedactor('strings');
  const out: string[] = [];
  for (let p = 0, size = 1; p < text.length; p += size, size = (size * 7919 + 1) % 4099)
    out.push(push(text.slice(p, p + size)));
  finish();
  return out.join('');
};

/** All of a graph but the texts. */
const columns = (graph: HeapGraph): object => ({ ...graph, strings: undefined });

const namesThatStay = (graph: HeapGraph): string[] => {
  const names = new Set<string>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const type = graph.nodeType[node];
    if (type !== 2 && type !== 6) names.add(graph.strings.get(graph.nodeName[node] ?? 0)); // neither string nor regexp
  }
  return [...names].toSorted();
};

for (const major of testedMajors) {
  test(`a redacted snapshot of Node ${major} holds no secret, and is the same otherwise`, async (t) => {
    const folder = temporaryFolder(t);
    const [plain, redacted] = [join(folder, 'plain.heapsnapshot'), join(folder, 'redacted.heapsnapshot')];
    const program = `${secrets}\nrequire('node:v8').writeHeapSnapshot(${JSON.stringify(plain)});`;
    execFileSync(nodeBinary(major), ['-e', program], { timeout: 60_000 });
    const text = readFileSync(plain, 'latin1');
    const found = new Set(text.match(aSecret)?.map((one) => /\d+/.exec(one)?.[0]));
    assert.ok(found.size >= 24, `only ${[...found].join(' ')} are in the plain snapshot`);

    writeFileSync(redacted, redactInPieces(text), 'latin1');
    const after = readFileSync(redacted, 'latin1');
    assert.doesNotMatch(after, /SECRET-/);
    assert.match(after, /"onlyInBlock"/); // the name of a variable
    assert.equal(JSON.parse(after).strings.length, JSON.parse(text).strings.length);

    const [before, now] = [await readHeapSnapshot(plain), await readHeapSnapshot(redacted)];
    assert.deepEqual(columns(now), columns(before));
    assert.deepEqual(namesThatStay(now), namesThatStay(before));
    const waste = (graph: HeapGraph) =>
      findWaste(new Heap(graph)).kinds.map(({ kind, count, bytes }) => ({ kind, count, bytes }));
    assert.ok(waste(before).some(({ kind }) => kind === 'equal-strings'));
    assert.deepEqual(waste(now), waste(before));
  });
}

test('what is cut off or is not written as V8 writes it is not taken for redacted', () => {
  const text = '{"snapshot":{"meta":{}},"nodes":[],"edges":[],"strings":["a"]}';
  assert.throws(() => createRedactor('strings').push(text), { code: 'target-error' });
  const { push, finish } = createRedactor('strings');
  push('{"snapshot":{"meta":');
  assert.throws(finish, { code: 'target-error' });
});

test('snapshot --redact keeps every secret off the disk', async (t) => {
  const target = await startSource(t, `${secrets}\nsetInterval(() => {}, 1000); console.log('ready');`);
  const file = join(temporaryFolder(t), 'redacted.heapsnapshot.gz');
  const { code, stderr } = await memwatch(['snapshot', '--redact', String(target.pid), '--gzip', '-o', file]);
  assert.equal(code, 0, stderr);
  const text = gunzipSync(readFileSync(file)).toString('latin1');
  assert.doesNotMatch(text, /SECRET-\d/);
  assert.match(text, /"Session"/);
});

test('profiles, recordings and reports hold no argument, environment, query of an address or code of a data: address', async (t) => {
  const source = `
    const spin = 'export const run = () => { let s = 0; for (let i = 0; i < 2e6; i++) s += Math.sqrt(i); return [s, Array(500).fill(s)]; }; // ';
    const { run } = await import('data:text/javascript,' + spin + process.env.PASSWORD);
    const { run: other } = await import('./other.mjs?token=' + process.env.PASSWORD);
    globalThis.kept = []; setInterval(() => kept.push(run(), other()), 20); console.log('ready');`;
  const folder = temporaryFolder(t);
  const script = join(folder, 'target.mjs');
  writeFileSync(script, source);
  writeFileSync(join(folder, 'other.mjs'), 'export const other = 1; export const run = () => Array(5000).fill(1);');
  const target = await startScript(t, script, {
    args: ['--password=SECRET-1'],
    env: { PASSWORD: 'SECRET-2' },
    node: 24,
  });
  const pid = String(target.pid);
  const file = (name: string): string => join(folder, name);
  const runs = [
    ['cpu', pid, '--precise', '-d', '300ms', '-o', file('a.cpuprofile'), '--html', file('a.html')],
    ['alloc', pid, '-d', '300ms', '-o', file('a.heapprofile')],
    ['record', pid, '-d', '2s', '-o', file('a.ndjson')],
  ];
  for (const words of runs) {
    const { code, stdout, stderr } = await memwatch(words);
    assert.equal(code, 0, stderr);
    assert.ok(!(stdout + stderr).includes('SECRET'), words[0]);
  }
  for (const name of ['a.cpuprofile', 'a.html', 'a.heapprofile', 'a.ndjson'])
    assert.ok(!readFileSync(file(name), 'utf8').includes('SECRET'), name);
  assert.ok(readFileSync(file('a.cpuprofile'), 'utf8').includes('"data:text/javascript,…"'));
});
