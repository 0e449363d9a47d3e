/** Counts turned into costs and shown as text: scaling after collections, marks, widths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeFunctionLines } from '#memwatch/analyzer/cost/lines-result.js';
import type { CountedFunction, CountedLine } from '#memwatch/analyzer/model/lines.js';
import { linesDocument, renderLines } from '#memwatch/report/lines-table.js';

const counted = (line: number, over: Partial<CountedLine> = {}): CountedLine => ({
  line,
  hits: 10,
  timeMs: 1,
  cleanHits: 10,
  heapBytes: 0,
  externalBytes: 0,
  collectedHits: 0,
  collectedHeapBytes: 0,
  collectedExternalBytes: 0,
  memoryBytes: 0,
  ...over,
});

const handle: CountedFunction = {
  name: 'handle\x1b[31m',
  file: '/srv/app.js',
  firstLine: 40,
  source: ['  handle(request) {', '    const rows = parse(request);', '    return rows;', '  }'],
  calls: 10,
  lines: [
    counted(41, { timeMs: 30, cleanHits: 4, heapBytes: 4000, collectedHits: 6, collectedHeapBytes: -9e6 }),
    counted(42, { timeMs: 10, cleanHits: 0, collectedHits: 10, collectedHeapBytes: -5000 }),
  ],
};
const floor = { bytesPerHit: 64, usPerHit: 0 };

test('bytes that a collection hides are scaled from the hits without one, and say so', () => {
  const [one] = computeFunctionLines([handle]);
  const [parse, back] = one?.lines ?? [];
  assert.deepEqual([parse?.incrementBytes, parse?.certainty], [10_000, 'scaled']);
  assert.deepEqual([back?.incrementBytes, back?.certainty], [-5000, 'net']);
});

test('the same function in two threads is one function', () => {
  const functions = computeFunctionLines([handle, { ...handle, lines: [counted(41), counted(43)] }]);
  assert.equal(functions.length, 1);
  assert.equal(functions[0]?.calls, 20);
  assert.deepEqual(
    functions[0]?.lines.map(({ line, hits }) => [line, hits]),
    [
      [41, 20],
      [42, 10],
      [43, 10],
    ],
  );
});

test('the most expensive lines come first, then the whole source, within 80 columns and with escapes made harmless', () => {
  const text = renderLines(
    { functions: computeFunctionLines([handle]), floor, notes: [] },
    { columns: 80, color: false },
  );
  assert.deepEqual(text.split('\n'), [
    'handle\\x1b[31m  /srv/app.js:40',
    '10 calls, 40.0 ms',
    '  time      75.0%  line 41: const rows = parse(request);',
    '  time      25.0%  line 42: return rows;',
    '  memory  9.77 KB  line 41: const rows = parse(request);',
    '',
    'Line  Hits     Time  Per hit  Time %     Heap +  Ext. +  Source',
    '  40                                                     handle(request) {',
    '  41    10  30.0 ms  3.00 ms   75.0%   ~9.77 KB       -    const rows = parse(r…',
    '  42    10  10.0 ms  1.00 ms   25.0%  =-4.88 KB       -    return rows;',
    '  43                                                     }',
    '',
    "  Heap + and Ext. +: memory that a line added to V8's heap and outside it",
    '  (Buffers); -: less than 64 B per hit.',
    '  ~: garbage was collected during some hits; estimated from the other hits.',
    '  =: garbage was collected during every hit; shows what was left at the end, not',
    '  what was allocated.',
  ]);
});

test('what cannot be measured is null in the document and ? in the table', () => {
  const untold = { ...handle, lines: [counted(41, { cleanHits: 0, untimedHits: 10 }), counted(42)] };
  const result = { functions: computeFunctionLines([untold]), floor, notes: [] };
  const { functions } = JSON.parse(JSON.stringify(linesDocument(result))) as {
    functions: { lines: Record<string, unknown>[] }[];
  };
  const [line] = functions[0]?.lines ?? [];
  assert.deepEqual(
    [line?.['hits'], line?.['timeUs'], line?.['incrementBytes'], line?.['untimedHits']],
    [10, null, null, 10],
  );
  const text = renderLines(result, { columns: 80, color: false });
  assert.match(text, / 10 +\? +\? +\? +\? +\? /);
  assert.match(text, /\?: not known\./);
});

test('a function whose calls are not known is not called “never called”, nor sampled', () => {
  const functions = computeFunctionLines([handle, handle].map((one) => ({ ...one, calls: undefined })));
  const text = renderLines({ functions, floor, notes: [] }, { columns: 100, color: false });
  assert.equal(text.split('\n')[1], '80.0 ms');
});
