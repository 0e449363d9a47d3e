/** Leak reports of files: drawn heaps of a service whose sessions grow, with their scripts tables and sources. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { ScriptsTable } from '#memwatch/analyzer/model/scripts.js';
import { MemwatchError } from '#memwatch/errors.js';
import { createCaptureReader } from '#memwatch/leaks/capture-reader.js';
import {
  analyseSnapshots,
  compareSnapshots,
  newestScripts,
  packageOf,
  placesOf,
} from '#memwatch/leaks/snapshot-files.js';
import { drawRound } from '../support/drawn-growth.js';
import { drawnSnapshots } from '../support/drawn-snapshot.js';
import { temporaryFolder } from '../support/targets.js';

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.heapsnapshot'))
    .toSorted()
    .map((name) => join(folder, name));

const writeScripts = (file: string, values: Partial<ScriptsTable> = {}): void => {
  const table: ScriptsTable = { schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [], ...values };
  writeFileSync(`${file}.scripts.json`, JSON.stringify(table));
};

const refused = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof MemwatchError && error.code === code && message.test(error.message);

test('sessions that a Map gains are a leak, with the gain of each round and the Map as the container', async (t) => {
  const files = filesIn(drawnSnapshots(t, [20, 30, 40, 50]));
  const report = await analyseSnapshots(files);
  assert.deepEqual([report.verdict, report.snapshots, report.evidence], ['leak', 4, 'snapshots']);
  const [finding, ...more] = report.findings;
  assert.deepEqual(more, []);
  assert.equal(finding?.kind, 'map');
  assert.equal(finding?.countPerRound, 10);
  assert.deepEqual(finding?.history, [20, 30, 40, 50]);
  assert.deepEqual(finding?.gains.map(({ name, countPerRound }) => [name, countPerRound]), [['Session', 10], ['User', 10], ['(string)', 10]]); // prettier-ignore
  assert.deepEqual(report.warnings, []);
});

/** Bytes that this process has read from files so far. */
const bytesRead = (): number => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);

test('each snapshot is read once', async (t) => {
  const files = filesIn(drawnSnapshots(t, [200, 300, 400, 500]));
  const total = files.reduce((sum, file) => sum + statSync(file).size, 0);
  await analyseSnapshots(files); // loads the code
  const before = bytesRead();
  await analyseSnapshots(files);
  const read = bytesRead() - before;
  assert.ok(read >= total && read < 1.2 * total, `read ${read} bytes of files of ${total}`);
});

test('the same sessions in every snapshot are clean', async (t) => {
  const report = await analyseSnapshots(filesIn(drawnSnapshots(t, [20, 20, 20])));
  assert.deepEqual([report.verdict, report.findings, report.snapshots], ['clean', [], 3]);
});

test('what each snapshot has that the one before had not, and that stays, is its bytes born', async (t) => {
  const { bornBytes } = await compareSnapshots(filesIn(drawnSnapshots(t, [2, 3, 4, 4])), {});
  // Session s2, its User and name; the same for s3, and the table that V8 replaced for four: a store of another size
  assert.deepEqual(bornBytes.slice(1), [66 + 40 + 40, 67 + 40 + 48 + 1064, 0]);
});

test('the heap that was read after each round is in the report', async (t) => {
  const files = filesIn(drawnSnapshots(t, [20, 30, 40]));
  const { report } = await compareSnapshots(files, { roundWork: [5000, 5000], heapBytes: [1e6, 2e6, 3e6] });
  assert.equal(report.verdict, 'leak');
  assert.deepEqual(report.heapBytes, [1e6, 2e6, 3e6]);
});

test('rounds of unequal work: what grows with the work grows, what does not slows down', async (t) => {
  const files = filesIn(drawnSnapshots(t, [20, 30, 50]));
  const { report } = await compareSnapshots(files, { roundWork: [100, 200] });
  assert.equal(report.verdict, 'leak', 'ten a hundred calls in both rounds');
  const slowing = filesIn(drawnSnapshots(t, [20, 30, 31]));
  const { report: late } = await compareSnapshots(slowing, { roundWork: [100, 1000] });
  assert.deepEqual([late.verdict, late.findings], ['inconclusive', []]);
});

test('a collection whose entries no snapshot shows is a finding by its sizes', async (t) => {
  const folder = temporaryFolder(t);
  const files = [0, 1, 2].map((k) => {
    const file = join(folder, `${k}.heapsnapshot`);
    const { bytes } = drawRound(
      `global -seen-> Set seen 16\nseen -internal:table-> table:array ${1000 * (k + 1)}\nglobal -x-> Other x`,
    );
    writeFileSync(file, bytes);
    return file;
  });
  const plain = await compareSnapshots(files, {});
  assert.equal(plain.report.findings.length, 0);
  const { node, graph } = drawRound(
    'global -seen-> Set seen 16\nseen -internal:table-> table:array 9\nglobal -x-> Other x',
  );
  const sizes = [{ heapId: graph.nodeId[node('seen')] ?? 0, sizes: [100, 200, 300] }];
  const { report } = await compareSnapshots(files, { sizes });
  assert.deepEqual(report.findings.map(({ kind, countPerRound, history }) => [kind, countPerRound, history]), [['set', 100, [100, 200, 300]]]); // prettier-ignore
});

test('fewer than three files, and files of two processes, are refused', async (t) => {
  const files = filesIn(drawnSnapshots(t, [2, 3, 4]));
  await assert.rejects(analyseSnapshots(files.slice(0, 2)), refused('bad-argument', /three|3/));
  files.forEach((file, at) => writeScripts(file, { process: at === 2 ? '99 1.5 0' : '12 1.5 0' }));
  await assert.rejects(analyseSnapshots(files), refused('bad-argument', /process/));
});

test('the newest scripts table is used, even if the last snapshot has none', async (t) => {
  const files = filesIn(drawnSnapshots(t, [2, 3, 4]));
  assert.equal(await newestScripts(files), undefined);
  writeScripts(files[0] ?? '', { nodeVersion: 'v20.1.0' });
  writeScripts(files[1] ?? '', { nodeVersion: 'v22.2.0' });
  assert.equal((await newestScripts(files))?.nodeVersion, 'v22.2.0');
  writeFileSync(`${files[2]}.scripts.json`, '{"schema":"memwatch/scripts@1"');
  await assert.rejects(newestScripts(files), refused('broken-file', /not a scripts table/));
});

test('the place is the line of the source that holds the Map, read from the disk if the table has no text', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'store.mjs');
  writeFileSync(
    file,
    ['', 'const sessions = new Map();', 'export const add = (id) => sessions.set(id, {});'].join('\n'),
  );
  const { sourceOf } = placesOf({ schema: 'memwatch/scripts@1', nodeVersion: 'v22.0.0', scripts: [{ id: 7, url: 'file:///x.mjs', source: 'let a;' }] }); // prettier-ignore
  assert.equal(sourceOf?.('7', 'file:///x.mjs'), 'let a;', 'the text of the table comes first');
  assert.match(sourceOf?.('8', pathToFileURL(file).href) ?? '', /const sessions/);
  assert.equal(sourceOf?.('8', pathToFileURL(folder).href), undefined, 'a folder is no source');
  assert.equal(sourceOf?.('8', 'node:internal/timers'), undefined);
  assert.equal(sourceOf?.('8', 'store.mjs'), undefined, 'a relative name is the program’s own, not this folder’s');
});

test('a package is known by the name and version of its package.json, and only by both', (t: TestContext) => {
  const folder = temporaryFolder(t);
  const write = (name: string, content: string): string => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'package.json'), content);
    return join(folder, name);
  };
  assert.deepEqual(packageOf(write('whole', '{"name":"left-pad","version":"1.3.0","main":"x"}')), {
    name: 'left-pad',
    version: '1.3.0',
  });
  assert.equal(packageOf(write('nameless', '{"type":"module"}')), undefined);
  assert.equal(packageOf(write('numeric', '{"name":"a","version":1}')), undefined);
  assert.equal(packageOf(write('broken', '{"name":')), undefined);
  assert.equal(packageOf(join(folder, 'absent')), undefined);
});

test('a capture is read once, however often it is looked at; an error comes when the result is asked for', async (t) => {
  const [file = ''] = filesIn(drawnSnapshots(t, [2]));
  const open = createCaptureReader();
  const capture = open(file);
  assert.equal(await capture.read(), await capture.read());
  assert.equal(await capture.scripts, undefined);
  const missing = open(join(temporaryFolder(t), 'none.heapsnapshot'));
  await new Promise((turn) => setImmediate(turn)); // nothing may have been thrown by now
  await assert.rejects(missing.read(), refused('cannot-read', /none\.heapsnapshot/));
});
