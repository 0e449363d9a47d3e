import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '#memwatch/analyzer/formats/documents/document.js';
import { wastePage } from '#memwatch/commands/tui/data/waste-data.js';
import { readHeapFile } from '#memwatch/heap-files/heap-file.js';
import { update } from '#memwatch/tui/keys/update.js';
import { wantsOf } from '#memwatch/tui/keys/wants.js';
import { frame } from '#memwatch/tui/rows/frame.js';
import { textOf } from '#memwatch/tui/rows/line.js';
import { frontView, initialState, type State } from '#memwatch/tui/state/state.js';
import { memwatch } from '../support/memwatch.js';
import { startSource, temporaryFolder } from '../support/targets.js';
import { join } from 'node:path';

const source = `class Session { constructor(id) { this.id = id; this.headers = new Map(); } }
const sessions = new Map();
for (let i = 0; i < 5000; i++) sessions.set(i, new Session(i));
setInterval(() => sessions.size, 1000);
console.log('ready');`;

test('waste of a process names the kind, the way to it, the line and what to do; the document is read back', async (t) => {
  const target = await startSource(t, source);
  const file = join(temporaryFolder(t), 'kept.heapsnapshot');
  const run = await memwatch(['waste', String(target.pid), '-o', file, '--json']);
  const report = readDocument(run.stdout, 'result.json');
  assert.ok(report?.schema === 'memwatch/waste@1', run.stderr);
  const [kind] = report.kinds;
  assert.equal(kind?.kind, 'empty-collections');
  assert.equal(kind.bytes, 5000 * 184);
  assert.equal(report.wastedBytes, report.kinds.reduce((sum, { bytes }) => sum + bytes, 0)); // prettier-ignore
  const [example] = kind.examples;
  assert.equal(example?.count, 5000);
  assert.deepEqual(example.path.slice(-3).map(({ edge, name }) => [edge, name]), [['sessions', 'Map'], ['entry', 'Session'], ['headers', 'Map']]); // prettier-ignore
  assert.match(example.location?.file ?? '', /target\.mjs$/);
  assert.equal(example.location?.line, 1);

  const text = await memwatch(['waste', file]);
  assert.match(text.stdout, /^Up to \d+ KB of \d\S* MB could be saved, \d+\.\d% of the heap\n/);
  assert.match(text.stdout, /Empty Maps, Sets and arrays: up to 8\d\d KB, \d+\.\d% of the heap, in 5,000\n/);
  assert.match(text.stdout, /target\.mjs:1\n/);
  assert.ok(text.stdout.split('\n').every((line) => line.length <= 100));

  const io = { signal: new AbortController().signal, progress: () => {} };
  const heap = await (await readHeapFile(file, io)).prepare();
  const query = { list: 'wasteOf', wasteKind: 'empty-collections' } as const;
  const order = { sort: 'bytes', descending: true, filter: '', expanded: [] } as const;
  const page = await wastePage(heap, query, order, { from: 0, count: 20 });
  const events = [
    { type: 'loaded', dataset: 'heap', summary: '' },
    { type: 'key', key: 'v' },
    { type: 'key', key: 'v' },
    { type: 'key', key: 'v' },
  ] as const;
  const start = events.reduce<State>((state, event) => update(state, event).state, initialState('kept', false, 80, 24));
  const key = wantsOf(start).find((one) => one.want === 'rows')?.key ?? '';
  const shown = update(start, { type: 'page', key, page }).state;
  assert.match(frame(shown).map(textOf).join('\n'), /target\.mjs:1 {2}o opens it/);
  const opened = frontView(update(shown, { type: 'key', key: 'o' }).state);
  assert.ok(opened?.kind === 'source');
  assert.deepEqual([opened.place.file, opened.place.line], [example.location?.file, 1]);
});

test('what a variable holds has the line that declares it, not that of a function that uses it', async (t) => {
  const declared = `const empty = Array.from({ length: 5000 }, () => new Map());
    const unrelated = () => {};
    setInterval(() => unrelated(empty.length), 1000);
    console.log('ready');`;
  const target = await startSource(t, declared);
  const { stdout } = await memwatch(['waste', String(target.pid), '--json']);
  const report = readDocument(stdout, 'result.json');
  assert.ok(report?.schema === 'memwatch/waste@1');
  assert.equal(report.kinds.find(({ kind }) => kind === 'empty-collections')?.examples[0]?.location?.line, 1);
});
