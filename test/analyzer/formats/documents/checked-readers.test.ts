/** Each document of memwatch's own is read by a check of every field: what is wrong is named, and nothing is taken on trust. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { recordHeader, recordLine, scriptsTable } from '#memwatch/agent/capture/own-documents.js';
import { readBaseline } from '#memwatch/analyzer/formats/documents/baseline.js';
import { readLinesFile } from '#memwatch/analyzer/formats/documents/lines-file.js';
import { readRecordLines } from '#memwatch/analyzer/formats/documents/recording.js';
import { readHeapProfile } from '#memwatch/analyzer/formats/heapprofile.js';
import { readScriptsTable } from '#memwatch/analyzer/formats/scripts-table.js';
import { MemwatchError } from '#memwatch/errors.js';

const broken = (message: RegExp) => (error: unknown) =>
  error instanceof MemwatchError && error.code === 'broken-file' && message.test(error.message);

const tableOf = (t: TestContext, content: string): ReturnType<typeof readScriptsTable> => {
  const folder = mkdtempSync(join(tmpdir(), 'memwatch-table-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const capture = join(folder, 'a.heapsnapshot');
  writeFileSync(`${capture}.scripts.json`, content);
  return readScriptsTable(capture);
};

test('a scripts table: what was written is read; a wrong field is named; without a table there is none', async (t) => {
  const table = scriptsTable('v22.0.0', [{ id: 7, url: 'file:///app/a.js', sourceMapUrl: 'a.js.map' }]);
  assert.deepEqual(await tableOf(t, JSON.stringify(table)), table);
  const wrong = (change: object): Promise<unknown> => tableOf(t, JSON.stringify({ ...table, ...change }));
  await assert.rejects(wrong({ scripts: [{ id: '7', url: '' }] }), broken(/scripts\[0\]\.id is not a number/));
  await assert.rejects(wrong({ scripts: [{ id: 7, url: '', sourceMap: {} }] }), broken(/scripts\[0\]\.sourceMap/));
  await assert.rejects(wrong({ process: 5 }), broken(/process is not a text/));
  await assert.rejects(wrong({ schema: 'memwatch/scripts@2' }), broken(/schema is not/));
  await assert.rejects(tableOf(t, '{'), broken(/is not a scripts table/));
  assert.equal(await readScriptsTable(join(tmpdir(), 'memwatch-no-such-capture')), undefined);
});

const node = (functionName: unknown, children: unknown[] = []) => ({
  callFrame: { functionName, scriptId: '1', url: '', lineNumber: 0, columnNumber: 0 },
  selfSize: 8,
  children,
});

test('an allocation profile: its notes and the tree of survivors are checked like its own tree', () => {
  const notes = { scripts: scriptsTable('v22.0.0', []), durationUs: 5, live: node('live') };
  const read = (memwatch: object): unknown => readHeapProfile(JSON.stringify({ head: node('all'), memwatch }));
  assert.ok(read(notes));
  assert.throws(() => read({ ...notes, durationUs: 'long' }), broken(/memwatch\.durationUs is not a number/));
  assert.throws(() => read({ ...notes, survivorsOnly: 1 }), broken(/memwatch\.survivorsOnly is not true or false/));
  assert.throws(() => read({ ...notes, live: 7 }), broken(/memwatch\.live is not an object/));
  assert.throws(() => read({ ...notes, live: node('live', [node(5)]) }), broken(/functionName is not a text/));
  assert.throws(() => readHeapProfile('{"head":{"callFrame":{"functionName":""},"selfSize":1}}'), broken(/head/));
});

test('counted lines: rows by name; a wrong field is named, also that of a row', () => {
  const fields = 'hits timeMs cleanHits heapBytes externalBytes collectedHits collectedHeapBytes collectedExternalBytes memoryBytes'.split(' '); // prettier-ignore
  const rows = [...fields.keys(), ...fields.map((_, at) => 10 + at)];
  const counted = { name: 'f', file: '/a.js', firstLine: 3, source: ['a', 'b'], calls: 2, lines: [3, 4], rows };
  const file = { fields, functions: [counted], found: ['a.js:f'], missing: [] };
  const [read] = readLinesFile(JSON.stringify(file)).functions;
  assert.deepEqual(read?.lines.map(({ line, hits, memoryBytes }) => [line, hits, memoryBytes]), [[3, 0, 8], [4, 10, 18]]); // prettier-ignore
  const wrong = (change: object) => (): unknown => readLinesFile(JSON.stringify({ ...file, ...change }));
  assert.throws(
    wrong({ functions: [{ ...counted, rows: ['1'] }] }),
    broken(/functions\[0\]\.rows\[0\] is not a number/),
  );
  assert.throws(wrong({ missing: [{ selector: 'x' }] }), broken(/missing\[0\]\.file is not a text/));
  assert.throws(wrong({ fields: fields.slice(1) }), broken(/no field hits/));
});

test('a recording: what was written is read; the line and the field that are wrong are named', () => {
  const lines = recordLine(recordHeader(1000, 500)) + recordLine({ kind: 'mark', timeMs: 2000, text: 'deploy' });
  const read = (content: string) => readRecordLines(new TextEncoder().encode(content), 'a.rec');
  const { header, events, cutOff } = read(lines);
  assert.deepEqual([header.intervalMs, events, cutOff], [500, [{ kind: 'mark', timeMs: 2000, text: 'deploy' }], false]);
  assert.equal(read(`${lines}{"kind":"ma`).cutOff, true);
  assert.throws(() => read(`${lines}{"kind":"mark","timeMs":"now","text":""}\n`), broken(/line 3: timeMs is not/));
});

test('a baseline: the file and the field that are wrong are named', () => {
  const leak = { signature: 's', kind: 'map', bytesPerIteration: 1, countPerIteration: 2 };
  const read = (one: object) => (): unknown => readBaseline(JSON.stringify({ schema: 'memwatch/baseline@1', scenarios: { 'a.mjs': [one] } }), 'b.json'); // prettier-ignore
  assert.ok(read(leak)());
  assert.throws(
    read({ ...leak, bytesPerIteration: -1 }),
    broken(/b\.json: a\.mjs\[0\]\.bytesPerIteration is not a rate/),
  );
  assert.throws(read({ ...leak, signature: 5 }), broken(/a\.mjs\[0\]\.signature is not a text/));
});
