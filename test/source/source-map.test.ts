/** Places in compiled code and in the files that it was compiled from, by a source map that is drawn by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileOf } from '#memwatch/source/file-address.js';
import { readSourceMap } from '#memwatch/source/source-map.js';

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** One number of a map: the sign in the lowest bit, then groups of five bits. */
const vlq = (value: number): string => {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const group = rest & 31;
    rest >>>= 5;
    text += base64[rest > 0 ? group | 32 : group];
  } while (rest > 0);
  return text;
};

/** Column in the script, number of the file, line (from 0) and column there. */
type Mark = readonly [column: number, file: number, line: number, sourceColumn: number];

/** The text of a map: the marks of each line of the script. */
const mapOf = (lines: readonly (readonly Mark[])[], values: object = {}): string => {
  const before = [0, 0, 0];
  const mappings = lines.map((marks) => {
    let column = 0;
    return marks
      .map(([at, ...original]) => {
        const fields = [at - column, ...original.map((value, i) => value - (before[i] ?? 0))];
        column = at;
        original.forEach((value, i) => (before[i] = value));
        return fields.map(vlq).join('');
      })
      .join(',');
  });
  return JSON.stringify({ version: 3, sources: ['a.ts', 'b.ts'], names: [], mappings: mappings.join(';'), ...values });
};

const script = 'file:///srv/app/dist/app.js';
const read = (lines: readonly (readonly Mark[])[], values: object = {}, mapUrl = 'app.js.map') => {
  const map = readSourceMap(mapOf(lines, values), script, mapUrl);
  assert.ok(map !== undefined);
  return map;
};

test('a position is that of the last mark at or before it', () => {
  const map = read([[[0, 0, 9, 2], [10, 1, 4, 0]]]); // prettier-ignore
  assert.deepEqual(map.at(1, 0), { file: '/srv/app/dist/a.ts', line: 10, column: 2, name: undefined });
  assert.deepEqual([map.at(1, 9)?.line, map.at(1, 10)?.line, map.at(1, 10)?.file], [10, 5, '/srv/app/dist/b.ts']);
  assert.equal(map.at(2, 0), undefined, 'a line without marks');
});

test('V8’s start of a function may lie before the first mark', () => {
  const map = read([[[6, 0, 3, 0]]]);
  assert.deepEqual([map.at(1, 2), map.near(1, 2)?.line], [undefined, 4]);
  assert.deepEqual([map.isMarked(1, 6), map.isMarked(1, 7), map.isMarked(1, 2)], [true, false, false]);
});

test('a line stands for its first original line, unless it is a whole file or comes from two', () => {
  const map = read([
    [[0, 0, 4, 0], [8, 0, 6, 0]],
    [[0, 0, 0, 0], [90, 0, 8, 0]],
    [[0, 0, 1, 0], [5, 1, 1, 0]],
    [],
  ]); // prettier-ignore
  assert.deepEqual(map.atLine(1), { file: '/srv/app/dist/a.ts', line: 5 });
  assert.equal(map.atLine(2), undefined, 'nine lines on one');
  assert.equal(map.atLine(3), undefined, 'two files');
  assert.equal(map.atLine(4), undefined, 'no marks');
});

test('files are found from the address of the map, or of the script if the map is in it', () => {
  const marks = [[[0, 0, 0, 0]]] as const;
  assert.deepEqual(read(marks, { sources: ['../src/a.ts'] }).files, ['/srv/app/src/a.ts']);
  assert.deepEqual(read(marks, { sources: ['a.ts'] }, '../maps/app.js.map').files, ['/srv/app/maps/a.ts']);
  assert.deepEqual(read(marks, { sources: ['a.ts'] }, 'data:application/json;base64,e30=').files, ['/srv/app/dist/a.ts']); // prettier-ignore
  assert.deepEqual(read(marks, { sources: ['a.ts'], sourceRoot: '/build' }).files, ['/build/a.ts']);
  const plain = readSourceMap(mapOf(marks, { sources: ['../a.ts'] }), '/srv/app/dist/app.js', 'app.js.map');
  assert.deepEqual(plain?.files, ['/srv/app/a.ts'], 'a script may be named by its path');
});

test('the text of a file is that of the map', () => {
  const map = read([[[0, 0, 0, 0]]], { sourcesContent: ['let a = 1;', null] });
  assert.equal(map.textOf('/srv/app/dist/a.ts'), 'let a = 1;');
  assert.deepEqual([map.textOf('/srv/app/dist/b.ts'), map.textOf('/srv/app/dist/c.ts')], [undefined, undefined]);
});

test('a broken map is no map, and no error', () => {
  for (const text of ['', '{', 'null', '{"version":3}']) assert.equal(readSourceMap(text, script), undefined, text);
});

test('the name before a compiler renamed it is known if the map has names', () => {
  // one mark of five fields: column 0 of line 1 is column 0 of line 1 of a.ts, called names[0]
  const text = JSON.stringify({ version: 3, sources: ['a.ts'], names: ['total'], mappings: 'AAAAA' });
  assert.equal(readSourceMap(text, script, 'app.js.map')?.at(1, 0)?.name, 'total');
});

test('addresses of files are paths, with what their letters stand for; other addresses stay as they are', () => {
  assert.equal(fileOf('file:///srv/my%20app/a.js'), '/srv/my app/a.js');
  assert.equal(fileOf('/srv/app/a.js'), '/srv/app/a.js');
  assert.equal(fileOf('node:internal/timers'), 'node:internal/timers');
  assert.equal(fileOf('webpack://app/./src/a.ts'), 'webpack://app/./src/a.ts');
  assert.equal(fileOf('file:///srv/100%/a.js').includes('100%'), true, 'a broken address is not an error');
});
