import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsOf, wrap } from '#memwatch/report/wrap.js';
import { padEnd, padStart, safe } from '#memwatch/tui/rows/text.js';
import { fitLine, line, lineWidth, span, spread, textOf } from '#memwatch/tui/rows/line.js';

test('a wide letter is one cell of width two, a combining mark belongs to the letter before it', () => {
  assert.deepEqual(
    cellsOf('a漢e\u0301😀').map(({ text, width }) => [text, width]),
    [
      ['a', 1],
      ['漢', 2],
      ['e\u0301', 1],
      ['😀', 2],
    ],
  );
  assert.deepEqual(cellsOf('\u0301x')[0], { text: ' \u0301', width: 1 });
});

test('padding fills cells, not characters', () => {
  assert.equal(padEnd('漢字', 6), '漢字  ');
  assert.equal(padStart('😀', 4), '  😀');
  assert.equal(padEnd('漢字漢字', 5), '漢字…');
});

test('a line is fitted to the cell, even if a wide letter does not fit', () => {
  for (const width of [1, 2, 3, 4, 5, 6, 20]) {
    const fitted = fitLine(line(span('漢字'), span('クラス', 'name')), width);
    assert.equal(lineWidth(fitted), width, `width ${width}`);
  }
});

test('the text at the right is left out if there is no room', () => {
  assert.equal(textOf(spread(line('left'), line('right'), 12)), 'left   right');
  assert.equal(textOf(spread(line('left'), line('right'), 8)), 'left    ');
});

test('names are harmless: escapes are written out, joined emoji fall into their parts', () => {
  assert.equal(safe('\x1b[31mred\n'), '\\x1b[31mred\\n');
  assert.equal(safe('👨\u200d👩\u200d👧 ✈\ufe0f'), '👨👩👧 ✈');
  assert.equal(safe('a\u202eb'), 'a\\u202eb');
});

test('words are wrapped, and a word longer than the line is cut into pieces', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('abcdefghij k', 4), ['abcd', 'efgh', 'ij k']);
  assert.deepEqual(wrap('漢字漢字', 4), ['漢字', '漢字']);
});
