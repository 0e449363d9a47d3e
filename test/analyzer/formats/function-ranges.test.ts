import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFunctionRanges } from '#memwatch/analyzer/formats/function-ranges.js';

const source = `const outer = (a) => {
  function inner() {
    return 1;
  }
  return inner() + a;
};
class Point {
  constructor(x) { this.x = x; }
  get twice() {
    return 2 * this.x;
  }
}
const o = { method() { return 1; }, plain: function () { return 2; } };
`;

const linesAt = (line: number, text: string): [number, number] => {
  const column = (source.split('\n')[line - 1] ?? '').indexOf(text);
  const range = readFunctionRanges(source)?.at(line - 1, column);
  return [range?.firstLine ?? 0, range?.lastLine ?? 0];
};

test('the function that V8 names by the parenthesis of its parameters has its first and last line', () => {
  assert.deepEqual(linesAt(1, '(a)'), [1, 6]);
  assert.deepEqual(linesAt(2, '()'), [2, 4]);
  assert.deepEqual(linesAt(8, '(x)'), [8, 8]);
  assert.deepEqual(linesAt(9, '()'), [9, 11]);
  assert.deepEqual(linesAt(13, '()'), [13, 13]);
});

test('the code of a module itself is all of it', () => {
  const ranges = readFunctionRanges(source);
  assert.deepEqual([ranges?.at(0, 0).firstLine, ranges?.at(0, 0).lastLine], [1, 13]);
  assert.equal(ranges?.between(0, source.length)?.index, 0);
});

test('offsets of coverage and positions of profiles name the same function', () => {
  const ranges = readFunctionRanges(source);
  const start = source.indexOf('get twice');
  const end = source.indexOf('}', source.indexOf('2 * this')) + 1;
  assert.equal(ranges?.between(start, end)?.index, ranges?.at(8, 11).index);
  assert.equal(ranges?.between(start, end - 1), undefined);
});

test('every way to end a line that V8 knows counts, and what is no JavaScript is reported', () => {
  const ranges = readFunctionRanges('a\r\nb\nc\rd\u2028function f() {\n}');
  assert.deepEqual(ranges?.positionOf(10), { line: 4, column: 1 });
  assert.equal(readFunctionRanges('this is no program'), undefined);
});
