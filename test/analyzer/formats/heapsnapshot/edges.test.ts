/** The rows of edges of a snapshot that is larger than any a test can hold: numbers of every length, in pieces of any size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeColumns } from '#memwatch/analyzer/formats/heapsnapshot/edges.js';
import type { SnapshotHeader } from '#memwatch/analyzer/formats/heapsnapshot/header.js';
import { namedEdgeTypes } from '#memwatch/analyzer/formats/heapsnapshot/parser.js';
import { RowsReader } from '#memwatch/analyzer/formats/heapsnapshot/rows.js';

const width = 7;
const header: SnapshotHeader = {
  nodeCount: 600_000_000,
  edgeCount: 1_000_000,
  node: { width, at: {} },
  edge: { width: 3, at: { type: 0, name_or_index: 1, to_node: 2 } },
  location: { width: 0, at: {} },
  nodeTypeOf: Uint8Array.of(0),
  edgeTypeOf: Uint8Array.of(0, 1, 2, 3, 4, 5, 6),
  extraNativeBytes: 0,
};

/** 1 to 10 digits: names up to 32 bits, and targets that are multiples of the width of a node. */
const names = Array.from({ length: 10 }, (_, at) =>
  Math.min(4_294_967_295, 10 ** at * 4 + (at > 0 ? 3 * 10 ** (at - 1) + 7 : 0)),
);
const targets = Array.from({ length: 10 }, (_, at) => Math.floor((10 ** at * 3 + 5) / width) * width);
const rows = names.flatMap((name, at) => targets.map((target, to) => [(at + to) % 7, name, target]));

const read = (text: string, pieceBytes: number): EdgeColumns => {
  const columns = new EdgeColumns(header, namedEdgeTypes, text.length);
  const reader = new RowsReader(columns);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    reader.push(piece, 0, piece.length, at);
  }
  return columns;
};

for (const end of [',', '\n,', ',\n'])
  test(`rows that end with ${JSON.stringify(end)} are read whatever the length of their numbers`, () => {
    const text = `${rows.map((row) => row.join(',')).join(end)}]`;
    for (const pieceBytes of [text.length, 1000, 333, 7]) {
      const { count, type, name, target, maxName } = read(text, pieceBytes);
      const found = Array.from({ length: count }, (_, at) => [type[at], name[at], (target[at] ?? 0) * width]);
      assert.deepEqual(found, rows, `in pieces of ${pieceBytes}`);
      assert.equal(maxName, Math.max(...rows.flatMap(([of, one = 0]) => (of === 1 || of === 4 ? [] : [one]))));
    }
  });

test('what is no row of edges is an error, wherever in a number it is', () => {
  const good = '3,1234567,1400\n,'.repeat(20);
  for (const bad of [
    '3,12x4567,1400',
    '3,1234:67,1400',
    '3,1234567,14/0',
    '3,,1400',
    '3,1234567,',
    '3,1234567,1400,5',
    '3 4,1,7',
    '3,1.5,7',
    '3,-1,7',
    '3,1234567,1401',
    '9,1,7',
    '3,99999999999,7',
  ])
    // prettier-ignore
    assert.throws(() => read(`${good}${bad}\n,${good.slice(0, -2)}]`, 1 << 20), { code: 'broken-file' }, bad);
});
