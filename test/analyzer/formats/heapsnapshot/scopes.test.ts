/** The names of variables of blocks, loops, `catch` and classes, which V8 only numbers in the file. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeHeapSnapshot } from 'node:v8';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { edgeName, edgeTypeName, nodeName, type HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { drawHeap } from '../../../support/graph.js';
import { temporaryFolder } from '../../../support/targets.js';

/** `type name` of each edge of a node. */
const edgesFrom = (graph: HeapGraph, node: number): string[] =>
  Array.from({ length: graph.firstEdge[node + 1] - graph.firstEdge[node] }, (_, i) => graph.firstEdge[node] + i).map(
    (edge) => `${edgeTypeName(graph, edge)} ${edgeName(graph, edge)}`,
  );

/** The edges of a context with these values, whose scope has these names. */
const read = async (values: string, ...names: string[]): Promise<string[]> => {
  const listed = names.map((name, at) => `scope -hidden:${at}-> ${name} name${at}:string`).join('\n');
  const { bytes, node } = drawHeap(`
    root -#1-> system / Context block
    block -internal:scope_info-> system / ScopeInfo scope:code
    ${values.replaceAll('{', 'block -hidden:').replaceAll('}', '->')}
    ${listed}
    scope -hidden:${names.length}-> system / ScopeInfo outer:code
    outer -hidden:0-> other far:string
  `);
  async function* pieces() {
    yield bytes;
  }
  return edgesFrom(await readHeapSnapshot(pieces()), node('block')).slice(1);
};

test('variables get their names from the description of the scope, in its order', async () => {
  assert.deepEqual(await read('{0} Map a\n{1} Array b', 'visits', 'log'), ['context visits', 'context log']);
  assert.deepEqual(await read('{0} Map a\n{2} Array b', 'visits', 'empty', 'log'), ['context visits', 'context log']);
});

test('small integers have no number: where they could be, a function of the same name decides, or nothing is named', async () => {
  assert.deepEqual(await read('{0} Map a', 'count', 'visits'), ['hidden 0']);
  assert.deepEqual(await read('{0} Map a\n{1} add f:closure', 'count', 'visits', 'add'), ['hidden 0', 'context add']);
  assert.deepEqual(await read('{0} add f:closure\n{1} Map a', 'count', 'add', 'visits'), [
    'context add',
    'context visits',
  ]);
  assert.deepEqual(await read('{0} Map a\n{1} add f:closure', 'visits', 'add', 'count'), [
    'context visits',
    'context add',
  ]);
});

test('a name that V8 gave stays, also where there are as many values as names', async () => {
  const named = await read('block -context:sessions-> Map a\n{0} Map b', 'count', 'sessions');
  assert.deepEqual(named, ['context sessions', 'hidden 0']);
});

test('private methods, and names that redacting has replaced, are not shown', async () => {
  assert.deepEqual(await read('{0} add f:closure\n{1} Map a', '#3fa9c', 'visits'), ['hidden 0', 'context visits']);
});

test('this Node: variables of a block, a loop, catch', async (t) => {
  const keep: (() => unknown)[] = [];
  {
    const inBlock = new Map();
    keep.push(() => inBlock);
  }
  for (const inLoop of [[1], [2]]) keep.push(() => inLoop);
  try {
    throw new TypeError('to be caught');
  } catch (inCatch) {
    keep.push(() => inCatch);
  }
  const file = join(temporaryFolder(t), 'self.heapsnapshot');
  writeHeapSnapshot(file);
  const graph = await readHeapSnapshot(file);
  const found = new Set<string>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (nodeName(graph, node) !== 'system / Context') continue;
    for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
      if (edgeTypeName(graph, edge) === 'context')
        found.add(`${edgeName(graph, edge)} ${nodeName(graph, graph.edgeTarget[edge])}`);
  }
  for (const wanted of ['inBlock Map', 'inLoop Array', 'inCatch TypeError']) assert.ok(found.has(wanted), wanted);
  assert.equal(keep.length, 4);
});
