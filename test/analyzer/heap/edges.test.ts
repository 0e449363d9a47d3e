import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeRetainingEdges, isUserOwned, retains } from '#memwatch/analyzer/heap/edges.js';
import { drawHeap, type DrawnHeap } from '../../support/graph.js';

/** Whether any edge from one node to the other retains it. */
const holds = (heap: DrawnHeap, from: string, to: string): boolean => {
  const edges = computeRetainingEdges(heap.graph);
  const node = heap.node(from);
  for (let edge = heap.graph.firstEdge[node]; edge < heap.graph.firstEdge[node + 1]; edge++)
    if (heap.graph.edgeTarget[edge] === heap.node(to) && retains(edges, edge)) return true;
  return false;
};

test('weak edges, self edges and shortcuts below the root hold nothing', () => {
  const heap = drawHeap(`
    root -shortcut:g-> g
    g -weak:w-> a
    g -s-> g
    g -shortcut:c-> b
    g -p-> c
  `);
  assert.equal(holds(heap, 'root', 'g'), true);
  assert.equal(holds(heap, 'g', 'a'), false);
  assert.equal(holds(heap, 'g', 'g'), false);
  assert.equal(holds(heap, 'g', 'b'), false);
  assert.equal(holds(heap, 'g', 'c'), true);
});

test("a WeakMap's value is held by its key and not by the map", () => {
  const pair = '2 / part of key (Key @7) -> value (Value @9) pair in WeakMap (table @5)';
  const heap = drawHeap(
    `
    root -shortcut:g-> g
    g -table-> table:array
    g -key-> key
    table -internal:${pair}-> value
    key -internal:${pair}-> value
  `,
    { ids: { table: 5, key: 7, value: 9 } },
  );
  assert.equal(holds(heap, 'table', 'value'), false);
  assert.equal(holds(heap, 'key', 'value'), true);
});

test("what the globals reach is not held by V8's own roots", () => {
  const heap = drawHeap(`
    root -shortcut:g-> g
    root -#1-> (GC roots) roots:synthetic
    roots -#1-> debugger
    debugger -x-> page
    debugger -y-> own
    g -x-> page
  `);
  assert.equal(holds(heap, 'debugger', 'page'), false);
  assert.equal(holds(heap, 'debugger', 'own'), true);
  const edges = computeRetainingEdges(heap.graph);
  assert.equal(isUserOwned(edges, heap.node('page')), true);
  assert.equal(isUserOwned(edges, heap.node('own')), false);
});
