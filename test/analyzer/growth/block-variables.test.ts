/** Names for variables of blocks where the snapshot alone leaves a choice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVariableNamer } from '#memwatch/analyzer/growth/block-variables.js';
import { edgeName, edgeTypeName } from '#memwatch/analyzer/model/heap-graph.js';
import { drawHeap } from '../../support/graph.js';

/** The edges of a context with these values, in the scope that this text declares. */
const named = (source: string, values: string, ...names: string[]): string[] => {
  const listed = names.map((name, at) => `scope -hidden:${at}-> ${name} name${at}:string`).join('\n');
  const { graph, node } = drawHeap(
    `
    root -use-> use:closure
    use -internal:context-> system / Context inner:object
    inner -internal:previous-> system / Context block:object
    use -internal:shared-> shared:code
    shared -internal:script-> /app/a.js script:code
    script -internal:source-> source:string
    block -internal:scope_info-> system / ScopeInfo scope:code
    ${values.replaceAll('{', 'block -').replaceAll('}', '->')}
    ${listed}
  `,
    { positions: { use: [1, 0, 0] } },
  );
  createVariableNamer((url) => (url === '/app/a.js' ? source : undefined))(graph);
  const edges: string[] = [];
  for (let edge = graph.firstEdge[node('block')] + 1; edge < graph.firstEdge[node('block') + 1]; edge++)
    edges.push(`${edgeTypeName(graph, edge)} ${edgeName(graph, edge)}`);
  return edges;
};

test('a variable that is set to a number may have no value in the snapshot, a constant object always has', () => {
  const source = 'try { let count = 0; const visits = new Map(); f(() => visits.set(count++, {})); } catch {}';
  assert.deepEqual(named(source, '{hidden:0} Map a', 'count', 'visits'), ['context visits']);
  const after = 'if (on) { const visits = new Map(), log = []; let count = 0; f(() => log.push(visits, count++)); }';
  assert.deepEqual(named(after, '{hidden:0} Map a\n{hidden:1} Array b', 'visits', 'log', 'count'), [
    'context visits',
    'context log',
  ]);
  const limit = '{ const most = 100; const cache = new LRU(); f(() => cache.set(most)); }';
  assert.deepEqual(named(limit, '{hidden:0} LRUCache a', 'most', 'cache'), ['context cache']);
});

test('undefined is numbered but not shown', () => {
  const source = '{ let last; let count = 0; const visits = new Map(); f(() => visits.set(last, count)); }';
  assert.deepEqual(named(source, '{hidden:1} Map a', 'last', 'count', 'visits'), ['context visits']);
});

test('without the text, or where it leaves a choice, nothing is named', () => {
  const source = '{ let a = first(); let b = second(); f(() => [a, b]); }';
  assert.deepEqual(named(source, '{hidden:0} Map a', 'a', 'b'), ['hidden 0']);
  assert.deepEqual(named('not a program', '{hidden:0} Map a', 'a', 'b'), ['hidden 0']);
  const twice = '{ let a = 0; const b = new Map(); g(() => [a, b]); } { const a = new Map(); let b = 0; }';
  assert.deepEqual(named(twice, '{hidden:0} Map a', 'a', 'b'), ['hidden 0']);
});

test('what is named already limits the rest', () => {
  const source = '{ let a = first(); let b = second(); let c = third(); f(() => [a, b, c]); }';
  assert.deepEqual(named(source, '{context:b} Map a\n{hidden:1} Map other', 'a', 'b', 'c'), ['context b', 'context c']);
});
