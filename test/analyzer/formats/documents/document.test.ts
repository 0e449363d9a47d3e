/** memwatch's own documents: what each command prints can be read back, and a field of the wrong shape is named in the error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCostDocument } from '#memwatch/analyzer/formats/documents/cost-document.js';
import { readDocument } from '#memwatch/analyzer/formats/documents/document.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import { MemwatchError } from '#memwatch/errors.js';
import { drawnProfile } from '../../../support/drawn-profile.js';
import { drawnSnapshots } from '../../../support/drawn-snapshot.js';
import { memwatch } from '../../../support/memwatch.js';

type Json = Record<string, unknown>;

const line = { line: 6, hits: 1, timeUs: null, incrementBytes: null, externalBytes: null, source: 'hash' };
const path = [{ edge: '', label: '', kind: 'word', name: 'global', type: 'object', id: 1 }];
const example = { id: 3, name: 'Map', path, location: null, count: 1, bytes: 184 };
const kind = { kind: 'k', title: 'K', count: 1, bytes: 184, upperBound: null, examples: [example], advice: 'do' };
const byHand = {
  waste: { schema: 'memwatch/waste@1', totalBytes: 1000, wastedBytes: 184, kinds: [kind] },
  alloc: {
    schema: 'memwatch/alloc@1',
    durationUs: 1,
    functions: [{ name: 'f', file: null, line: null, selfBytes: 1, totalBytes: 2, liveBytes: null }],
    lines: [{ file: 'a.js', line: 1, selfBytes: 1 }],
  },
  lines: { schema: 'memwatch/lines@1', functions: [{ name: 'f', file: 'a.js', lines: [line] }] },
};

/** Every place in a document where a value can be put: its path, and the object that has it. */
function* places(value: unknown, way: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value).slice(0, 30)) {
    yield [...way, key];
    yield* places(inner, [...way, key]);
  }
}

const withValue = (document: Json, way: readonly string[], value: unknown): string => {
  const copy = structuredClone(document);
  let holder: Json = copy;
  for (const key of way.slice(0, -1)) holder = holder[key] as Json;
  holder[way.at(-1) ?? ''] = value;
  return JSON.stringify(copy);
};

const complaintOf = (text: string): string | undefined => {
  try {
    readDocument(text, 'result.json');
    return undefined;
  } catch (error) {
    assert.ok(error instanceof MemwatchError && error.code === 'broken-file', String(error));
    return error.message;
  }
};

test('what each command prints is read back, and a field of another shape is an error that names its place', async (t) => {
  const cwd = drawnSnapshots(t, [40, 60, 80]);
  drawnProfile(cwd);
  const files = ['1.heapsnapshot', '2.heapsnapshot', '3.heapsnapshot'];
  const printed: Record<string, Json> = { ...byHand };
  for (const args of [
    ['heap', '1.heapsnapshot'],
    ['diff', ...files],
    ['leaks', ...files],
    ['cpu', 'service.cpuprofile'],
  ]) {
    const run = await memwatch([...args, '--json'], { cwd });
    printed[args[0] ?? ''] = JSON.parse(run.stdout) as Json;
  }
  for (const [kind, document] of Object.entries(printed)) {
    assert.deepEqual(readDocument(JSON.stringify(document), 'result.json'), document, kind);
    let named = 0;
    for (const way of places(document)) {
      const complaint = complaintOf(withValue(document, way, { odd: true }));
      if (complaint === undefined) continue;
      named++;
      assert.match(complaint, /^result\.json is broken, as memwatch\/\w+@1: \S+ is not /, way.join('.'));
    }
    assert.ok(named >= 5, `${kind}: only ${named} fields are looked at`);
  }
});

test('a document of another kind, no document at all and a broken one get different errors', () => {
  assert.equal(readDocument('{"schema":"memwatch/ps@1","processes":[]}', 'x'), undefined);
  assert.equal(readDocument('{"nodes":[]}', 'x'), undefined);
  assert.match(complaintOf('{"schema":"memwatch/heap@1",') ?? '', /result\.json is broken/);
  assert.match(complaintOf('{"schema":"memwatch/cpu@1"}') ?? '', /durationUs is not a number/);
  const bytes = new TextEncoder().encode('{"schema":"memwatch/cpu@1","durationUs":1,"functions":[{}],"lines":[]}');
  assert.throws(() => readCostDocument(bytes, 'x.json'), /x\.json is broken, as memwatch\/cpu@1: functions\[0\]\.name/);
});

test('a result of version 0.1 is read as one of today: what it lacks is filled in', () => {
  const report = { ...leakReport({ verdict: 'clean', reasons: [], evidence: 'census', rounds: 2, heapBytes: [] }) };
  const old: Record<string, unknown> = { ...report };
  for (const key of ['bounds', 'looked', 'notLooked', 'threads']) delete old[key];
  assert.deepEqual(readDocument(JSON.stringify(old), 'old.json'), report);
  const object = { id: 3, name: 'Map', type: 'object', selfBytes: 1, retainedBytes: 2 };
  const path = [{ edge: 'cache', name: 'Map', type: 'object', id: 3 }];
  const snapshot = { file: 'a', nodes: 1, edges: 1, selfBytes: 1 };
  const heap = readDocument(JSON.stringify({ schema: 'memwatch/heap@1', snapshot, classes: [], dominators: [{ ...object, path }] }), 'a.json'); // prettier-ignore
  assert.ok(heap?.schema === 'memwatch/heap@1');
  assert.deepEqual(heap.dominators[0]?.path, [{ ...path[0], label: 'cache', kind: 'word' }]);
});
