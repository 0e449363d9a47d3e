/** The baseline file: what was written can be read back, changes little for reviews, and any other file is reported as such. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBaseline, writeBaseline } from '#memwatch/analyzer/formats/documents/baseline.js';
import { compareWithBaseline, updatedEntries } from '#memwatch/analyzer/growth/compare-baseline.js';
import type { KnownLeak } from '#memwatch/analyzer/model/check.js';
import { MemwatchError } from '#memwatch/errors.js';

const leak = (signature: string, countPerIteration = 1, bytesPerIteration = 96): KnownLeak => ({
  signature,
  kind: 'map',
  countPerIteration,
  bytesPerIteration,
});

const codeOf = (text: string): string => {
  try {
    readBaseline(text, 'b.json');
    return 'none';
  } catch (error) {
    assert.ok(error instanceof MemwatchError);
    assert.match(error.message, /b\.json/);
    return error.code;
  }
};

test('a baseline is read as it was written, and written the same whatever the order of what was found', () => {
  const one = new Map([
    ['z.mjs', [leak('b'), leak('a')]],
    ['a.mjs', [leak('c')]],
  ]);
  const other = new Map([
    ['a.mjs', [leak('c')]],
    ['z.mjs', [leak('a'), leak('b')]],
    ['clean.mjs', []],
  ]);
  assert.equal(writeBaseline(one), writeBaseline(other));
  assert.deepEqual([...readBaseline(writeBaseline(one), 'b.json').keys()], ['a.mjs', 'z.mjs']);
  assert.deepEqual(readBaseline(writeBaseline(one), 'b.json').get('z.mjs'), [leak('a'), leak('b')]);
});

test('rates are rounded, so that a run differs from the next in nothing that is to be reviewed', () => {
  assert.equal(
    writeBaseline(new Map([['a.mjs', [leak('x', 1.004, 96.31)]]])),
    writeBaseline(new Map([['a.mjs', [leak('x', 0.998, 95.77)]]])),
  );
});

test('another file, a broken one and one of a later memwatch get different errors', () => {
  assert.equal(codeOf('{"schema": "else"}'), 'not-this-format');
  assert.equal(codeOf('[]'), 'not-this-format');
  assert.equal(codeOf('{"schema": "memwatch/baseline@2", "scenarios": {}}'), 'not-this-format');
  assert.throws(() => readBaseline('{"schema": "memwatch/baseline@2"}', 'b.json'), /later memwatch/);
  assert.equal(codeOf('{"schema": "memwatch/base'), 'broken-file');
  assert.equal(codeOf('{"schema": "memwatch/baseline@1"}'), 'broken-file');
  assert.equal(codeOf('{"schema": "memwatch/baseline@1", "scenarios": {"a": [{}]}}'), 'broken-file');
  assert.equal(
    codeOf('{"schema": "memwatch/baseline@1", "scenarios": {"a": [{"signature": "x", "bytesPerIteration": "many"}]}}'),
    'broken-file',
  );
});

test('findings are new, known, clearly worse, or gone', () => {
  const known = [leak('same'), leak('faster', 1), leak('mended'), leak('bytes only', 0, 1000)];
  const found = [leak('same', 1.2, 100), leak('faster', 2), leak('fresh'), leak('bytes only', 0, 1100)];
  assert.deepEqual(compareWithBaseline(found, known), {
    new: ['fresh'],
    known: ['same', 'bytes only'],
    worse: ['faster'],
    gone: ['mended'],
  });
});

test('an update leaves a rate that is about the known one as it is written', () => {
  const before = [leak('same', 1, 96), leak('faster', 1, 96)];
  const after = updatedEntries([leak('same', 1.1, 99), leak('faster', 5, 480)], before);
  assert.deepEqual(after, [leak('same', 1, 96), leak('faster', 5, 480)]);
});
