import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { drawHeap } from '../support/graph.js';
import { memwatch, memwatchJson } from '../support/memwatch.js';
import { startSource, temporaryFolder } from '../support/targets.js';

/** A program whose `cache` Map holds sessions; its ids are fixed, so that heaps of two moments can be drawn. */
const service = (sessions: number): string => {
  const lines = [
    'root -shortcut:global-> global',
    'root -#1-> (GC_roots) gcroots:synthetic',
    'global -cache-> Map cache 32',
    'cache -internal:table-> table:array 152',
    'global -config-> Object config 24',
    'config -name-> name:string 40',
  ];
  for (let i = 0; i < sessions; i++) {
    lines.push(`table -internal:${5 + 3 * (i % 2)}-> key${i}:string 24`);
    lines.push(`table -internal:${6 + 3 * (i % 2)}-> Session session${i} 1000`);
    lines.push(`session${i} -user-> Object user${i} 100`, `user${i} -mail-> mail${i}:string 50`);
  }
  return lines.join('\n');
};

const draw = (t: TestContext, text: string, name = 'app.heapsnapshot'): string => {
  const file = join(temporaryFolder(t), name);
  writeFileSync(file, drawHeap(text).bytes);
  return file;
};

test('heap names the cache that holds the memory, its path, and the classes with their shapes', async (t) => {
  const file = draw(t, service(2));
  const heap = await memwatchJson(['heap', file]);
  assert.equal(heap['schema'], 'memwatch/heap@1');
  const [top] = heap['dominators'] as { name: string; retainedBytes: number; path: { edge: string; name: string }[] }[];
  assert.equal(top?.name, 'Map');
  assert.equal(top?.retainedBytes, 32 + 152 + 2 * (24 + 1000 + 100 + 50));
  assert.deepEqual(
    top?.path.map(({ edge, name }) => [edge, name]),
    [
      ['', 'global'],
      ['cache', 'Map'],
    ],
  );
  const classes = heap['classes'] as { name: string; count: number; selfBytes: number; retainedBytes: number }[];
  const of = (name: string): object | undefined => classes.find((one) => one.name === name);
  const row = (name: string, count: number, selfBytes: number, retainedBytes: number): object => ({
    name,
    count,
    selfBytes,
    retainedBytes,
    location: null,
  });
  assert.deepEqual(of('Session'), row('Session', 2, 2000, 2300));
  assert.deepEqual(of('{mail}'), row('{mail}', 2, 200, 300));
  assert.deepEqual(of('Object'), row('Object', 1, 24, 64));
});

test('heap prints the answer first, within the width', async (t) => {
  const file = draw(t, service(2));
  const { stdout, code } = await memwatch(['heap', file]);
  assert.equal(code, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0] ?? '', /^96\.\d% of the heap, 2\.47 KB, is held by$/);
  assert.match(lines[1] ?? '', /^ {2}global\.cache → Map @\d+$/);
  assert.ok(lines.every((line) => line.length <= 100));
});

test('heap --class lists the objects of the class with the entries that hold them', async (t) => {
  const { stdout } = await memwatch(['heap', draw(t, service(2)), '--class', 'Session']);
  assert.match(stdout, /global\.cache → Map → entry "key1" → Session @/);
});

test('heap --id shows what holds an object and what it holds, past the machinery between them', async (t) => {
  const file = draw(t, service(2));
  const heap = await memwatchJson(['heap', file, '--class', 'Session']);
  const [session] = heap['dominators'] as { id: number }[];
  const detail = await memwatchJson(['heap', file, '--id', `@${session?.id}`]);
  const names = (key: string): unknown =>
    (detail[key] as { label: string; name: string }[]).map((l) => [l.label, l.name]);
  assert.deepEqual(names('retainers'), [['entry "key0"', 'Map']]);
  assert.deepEqual(names('contents'), [['user', 'Object']]);
});

test('diff names the growing cache, with its retained size in each snapshot', async (t) => {
  const [a, b, c] = [draw(t, service(2)), draw(t, service(5)), draw(t, service(9))];
  const diff = await memwatchJson(['diff', a, b, c]);
  assert.equal(diff['schema'], 'memwatch/diff@1');
  assert.equal(diff['sameProcess'], true);
  const [top] = diff['objects'] as { name: string; retainedBytes: number[]; retainedDelta: number }[];
  const one = 24 + 1000 + 100 + 50;
  assert.equal(top?.name, 'Map');
  assert.deepEqual(
    top?.retainedBytes,
    [2, 5, 9].map((sessions) => 32 + 152 + sessions * one),
  );
  const session = (diff['classes'] as { name: string }[]).find(({ name }) => name === 'Session');
  assert.deepEqual(session, {
    name: 'Session',
    added: 7,
    freed: 0,
    countDelta: 7,
    selfDelta: 7000,
    retainedDelta: 7 * 1150,
  });
});

test('snapshots of two processes are compared by class and path, and diff says so', async (t) => {
  const other = service(3).replaceAll('Session', 'Visit').replace('-config->', '-settings->').split('\n').toReversed();
  const [root, ...rest] = other.toReversed();
  const b = draw(t, [root, ...rest.toReversed()].join('\n'));
  const run = await memwatch(['diff', draw(t, service(2)), b, '--json']);
  const diff = JSON.parse(run.stdout) as {
    sameProcess: boolean;
    objects: { name: string; path: { edge: string }[] }[];
    classes: Record<string, unknown>[];
  };
  assert.equal(diff.sameProcess, false);
  assert.deepEqual(
    diff.objects[0]?.path.map(({ edge }) => edge),
    ['', 'cache'],
  );
  assert.equal(diff.objects[0]?.name, 'Map');
  assert.equal(diff.classes.find(({ name }) => name === 'Visit')?.['countDelta'], 3);
  assert.equal(diff.classes.find(({ name }) => name === 'Visit')?.['added'], null);
  assert.match(run.stderr, /nothing shows that these snapshots are from one process/);
});

test('heap of a live process names the module variable and the file of its class', async (t) => {
  const source = `class Session { constructor(i) { this.pages = ['p' + i]; } }
    const sessions = new Map();
    for (let i = 0; i < 20000; i++) sessions.set('k' + i, new Session(i));
    setInterval(() => sessions.size, 1000);
    console.log('ready');`;
  const target = await startSource(t, source);
  const heap = await memwatchJson(['heap', String(target.pid), '--class', 'Session', '--limit', '2']);
  assert.equal((heap['snapshot'] as { file: string }).file, `process ${target.pid}`);
  const [row] = heap['classes'] as { count: number; location: { file: string; line: number } | null }[];
  assert.equal(row?.count, 20000);
  assert.match(row?.location?.file ?? '', /target\.mjs$/);
  assert.equal(row?.location?.line, 1);
  const [object] = heap['dominators'] as { path: { edge: string; name: string }[] }[];
  assert.deepEqual(
    object?.path.map(({ edge, name }) => [edge, name]),
    [
      ['', 'target.mjs'],
      ['sessions', 'Map'],
      ['entry', 'Session'],
    ],
  );
});

test('what is no snapshot, is not there, or has no such class ends with one line and exit code 2', async (t) => {
  const text = join(temporaryFolder(t), 'notes.heapsnapshot');
  writeFileSync(text, 'dear diary');
  for (const [args, message] of [
    [[text], /notes\.heapsnapshot is not a heap snapshot/],
    [['missing.heapsnapshot'], /no such file: missing\.heapsnapshot/],
    [[draw(t, service(1)), '--class', 'Nothing'], /no object of class Nothing/],
    [[draw(t, service(1)), '--id', '@99999'], /no object with id @99999/],
    [[draw(t, service(1)), '--limit', 'x'], /--limit/],
  ] as const) {
    const run = await memwatch(['heap', ...args]);
    assert.equal(run.code, 2);
    assert.equal(run.stdout, '');
    assert.match(run.stderr, message);
  }
});

test('diff and leaks find the growing cache also in captures of several attachments, between which V8 gives new ids', async (t) => {
  const source = `class Session { constructor(i) { this.pages = ['page ' + i, {}]; } }
    const sessions = new Map();
    for (let i = 0; i < 500; i++) sessions.set('first' + i, new Session(i));
    let i = 0;
    process.on('SIGUSR2', () => { for (let n = 0; n < 4000; n++) sessions.set('k' + i++, new Session(i)); });
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const target = await startSource(t, source, { kind: 'cjs' });
  const folder = temporaryFolder(t);
  const files = ['a', 'b', 'c'].map((name) => join(folder, `${name}.heapsnapshot`));
  for (const file of files) {
    process.kill(target.pid, 'SIGUSR2'); // as much work in each round, however long a snapshot takes
    await memwatchJson(['snapshot', String(target.pid), '-o', file]);
  }
  const diff = await memwatchJson(['diff', ...files]);
  assert.equal(diff['sameProcess'], true);
  assert.equal(diff['matchedBy'], 'path');
  const [top] = diff['objects'] as { name: string; retainedDelta: number; path: { edge: string }[] }[];
  assert.equal(top?.name, 'Map');
  assert.equal(top?.path.at(-1)?.edge, 'sessions');
  assert.ok((top?.retainedDelta ?? 0) > 10_000);
  const leaks = await memwatchJson(['leaks', ...files]);
  assert.equal(leaks['verdict'], 'leak');
  const [finding] = leaks['findings'] as { container: { name: string }; signature: string }[];
  assert.equal(finding?.container.name, 'Map');
  assert.match(finding?.signature ?? '', /sessions/);
  assert.match(String(leaks['warnings']), /weaker evidence/);
});
