import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTable, type TableColumn } from '#memwatch/report/table.js';
import { cutTo, displayWidth } from '#memwatch/report/width.js';

interface Row {
  readonly name: string;
  readonly size: number;
  readonly file: string;
}
const columns: TableColumn<Row>[] = [
  { title: 'size', align: 'right', cell: (row) => String(row.size) },
  { title: 'name', align: 'left', cell: (row) => row.name, cut: 'end' },
  { title: 'where', align: 'left', cell: (row) => row.file, cut: 'start' },
];

test('columns are aligned by what a terminal draws, wide characters as two cells', () => {
  const rows = [
    { name: 'handle', size: 5, file: 'a.js:1' },
    { name: '日本😀', size: 12345, file: 'b.js:2' },
    { name: 'e\u0301te', size: 1, file: 'c.js:3' },
  ];
  const expected = [
    ' size  name    where',
    '    5  handle  a.js:1',
    '12345  日本😀  b.js:2',
    '    1  e\u0301te     c.js:3',
  ];
  assert.deepEqual(renderTable(columns, rows), expected);
});

test('a table that is too wide is cut in the columns that allow it', () => {
  const rows = [{ name: 'aVeryLongFunctionName', size: 1, file: '/srv/app/node_modules/some/where/file.js:120' }];
  const lines = renderTable(columns, rows, 40);
  assert.ok(
    lines.every((line) => displayWidth(line) <= 40),
    lines.join('\n'),
  );
  assert.match(lines[1] ?? '', /^ {3}1 {2}aVery\w+… {2}….*file\.js:120$/);
});

test('names with control characters cannot break a table', () => {
  assert.equal(renderTable(columns, [{ name: 'a\x1b[2J\nb', size: 1, file: 'f' }])[1], '   1  a\\x1b[2J\\nb  f');
});

test('cutting never parts a character', () => {
  assert.equal(cutTo('日本語', 5), '日本…');
  assert.equal(cutTo('日本語', 4), '日…');
  assert.equal(cutTo('日本語', 4, 'start'), '…語');
  assert.equal(cutTo('abc', 3), 'abc');
});
