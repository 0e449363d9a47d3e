import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCpuProfile } from '#memwatch/analyzer/formats/cpuprofile.js';
import { computeLines } from '#memwatch/analyzer/cost/lines.js';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';

const at = (functionName: string, line: number, scriptId = '7'): object => ({
  functionName,
  scriptId,
  url: functionName.startsWith('(') ? '' : 'file:///srv/app.js',
  lineNumber: line - 1,
  columnNumber: functionName.startsWith('(') ? -1 : 12,
});
const root = { id: 1, callFrame: at('(root)', 0), hitCount: 0, children: [2] };

test('a sample lasts until the next one, the last one no time as in speedscope, and samples that V8 wrote out of order are put in order', () => {
  const nodes = [
    root,
    { id: 2, callFrame: at('a', 1), hitCount: 2, children: [3] },
    { id: 3, callFrame: at('b', 2), hitCount: 1 },
  ];
  // at 100: a, at 300: a, and written last but seen at 200: b; nothing shows what ran from 300 to the end at 450
  const text = JSON.stringify({ nodes, startTime: 0, endTime: 450, samples: [2, 2, 3], timeDeltas: [100, 200, -100] });
  const table = computeCostTable(readCpuProfile(text));
  assert.deepEqual(
    table.functions.map(({ name, self, total }) => [name, self, total]),
    [
      ['a', 100, 200],
      ['b', 100, 100],
    ],
  );
});

test('a single sample stands for the whole profile', () => {
  const nodes = [root, { id: 2, callFrame: at('a', 1), hitCount: 1 }];
  const text = JSON.stringify({ nodes, startTime: 0, endTime: 450, samples: [2], timeDeltas: [100] });
  assert.equal(computeCostTable(readCpuProfile(text)).whole, 450);
});

test('a file without samples is read by its hits, and one whose nodes name their callers', () => {
  const nodes = [
    { ...root, children: undefined },
    { id: 3, callFrame: at('b', 2), hitCount: 1, parent: 2 },
    { id: 2, callFrame: at('a', 1), hitCount: 3, parent: 1 },
  ];
  const table = computeCostTable(readCpuProfile(JSON.stringify({ nodes, startTime: 0, endTime: 400 })));
  assert.deepEqual(
    table.functions.map(({ name, self, total }) => [name, self, total]),
    [
      ['a', 300, 400],
      ['b', 100, 100],
    ],
  );
});

test('ticks outside the lines of their function are inlined callees, and are shown on no line', () => {
  const source = 'const x = 1;\nfunction outer() {\n  return small();\n}\n\n\n\nfunction small() {\n  return 1;\n}\n';
  const callFrame = { ...at('outer', 2), columnNumber: 14 };
  const positionTicks = [
    { line: 1, ticks: 1 },
    { line: 3, ticks: 6 },
    { line: 9, ticks: 3 },
  ];
  const nodes = [root, { id: 2, callFrame, hitCount: 10, positionTicks }];
  const profile = {
    nodes,
    startTime: 0,
    endTime: 1000,
    samples: Array.from({ length: 11 }, () => 2),
    timeDeltas: [0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100],
  };
  const scripts = {
    schema: 'memwatch/scripts@1',
    nodeVersion: 'v20.0.0',
    scripts: [{ id: 7, url: 'file:///srv/app.js', source }],
  };
  const memwatch = { scripts, thread: 'main thread', precise: false, gc: null, loop: null };
  const shown = (text: object): unknown[] =>
    computeLines(readCpuProfile(JSON.stringify(text))).map(({ line, self, inlined }) => [line, self, inlined]);
  assert.deepEqual(shown({ ...profile, memwatch }), [
    [3, 600, false],
    [2, 400, true],
  ]);
  // without the source, only the line before the function is recognised as another function's
  assert.deepEqual(shown(profile), [
    [3, 600, false],
    [9, 300, false],
    [2, 100, true],
  ]);
});
