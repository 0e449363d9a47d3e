import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { createBlockReader, createBlockRing, fillBlocks } from '#memwatch/analyzer/heap/block-ring.js';
import { computeDominators, computeDominatorsFrom } from '#memwatch/analyzer/heap/dominators.js';
import { computeRetainingEdges } from '#memwatch/analyzer/heap/edges.js';
import { createPredecessors, recordHead } from '#memwatch/analyzer/heap/predecessors.js';
import { computeRetainers } from '#memwatch/analyzer/heap/retainers.js';
import { computeInThreads } from '#memwatch/analyzer/heap/threads.js';
import { walkHeap } from '#memwatch/analyzer/heap/walk.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import type { Dominators } from '#memwatch/analyzer/model/heap-results.js';
import { snapshotFixture } from '../../support/fixtures.js';
import { drawHeap } from '../../support/graph.js';
import { seeded, slowDominators, slowRetained } from '../../support/slow.js';

const dominatorsOf = (graph: HeapGraph): Dominators => {
  const edges = computeRetainingEdges(graph);
  return computeDominators(graph, edges, computeRetainers(graph, edges));
};

test('a diamond is dominated by its top', () => {
  const heap = drawHeap(`
    root -shortcut:top-> top
    top -left-> left 10
    top -right-> right 20
    left -x-> bottom 100
    right -y-> bottom
  `);
  const { immediate, retainedBytes } = dominatorsOf(heap.graph);
  assert.equal(immediate[heap.node('bottom')], heap.node('top'));
  assert.equal(retainedBytes[heap.node('left')], 10);
  assert.equal(retainedBytes[heap.node('top')], 16 + 10 + 20 + 100);
});

test('a ring that hangs on one node is dominated by it', () => {
  const heap = drawHeap(`
    root -shortcut:g-> g
    g -a-> a
    a -b-> b
    b -c-> c
    c -a-> a
  `);
  const { immediate } = dominatorsOf(heap.graph);
  assert.deepEqual(
    ['a', 'b', 'c'].map((handle) => immediate[heap.node(handle)]),
    ['g', 'a', 'b'].map((handle) => heap.node(handle)),
  );
});

test('what only a weak edge reaches hangs on the root with all it holds', () => {
  const heap = drawHeap(`
    root -shortcut:g-> g
    g -weak:w-> loose 50
    loose -x-> held 7
  `);
  const { immediate, retainedBytes } = dominatorsOf(heap.graph);
  assert.equal(immediate[heap.node('loose')], 0);
  assert.equal(immediate[heap.node('held')], heap.node('loose'));
  assert.equal(retainedBytes[heap.node('g')], 16);
});

test('a ring that nothing reaches hangs on the root, and its hold on others does not count', () => {
  const heap = drawHeap(`
    root -shortcut:g-> g
    g -x-> kept 8
    lost -to-> astray
    astray -to-> lost
    astray -x-> kept
  `);
  const { immediate } = dominatorsOf(heap.graph);
  assert.equal(immediate[heap.node('lost')], 0);
  assert.equal(immediate[heap.node('astray')], 0);
  assert.equal(immediate[heap.node('kept')], heap.node('g'));
});

test('retained sizes above 32 bits are not cut', () => {
  const heap = drawHeap(`
    root -shortcut:g-> g
    g -buffer-> b 5000000000
    g -buffer-> c 5000000000
  `);
  const { retainedBytes } = dominatorsOf(heap.graph);
  assert.equal(retainedBytes[heap.node('g')], 10_000_000_016);
  assert.equal(retainedBytes[0], 10_000_000_016);
});

/** A graph of random edges in which every node is reachable: each node has an edge from an earlier one, the others are random. */
const randomHeap = (seed: number): string => {
  const random = seeded(seed);
  const count = 3 + Math.floor(random() * 60);
  const lines = ['root -shortcut:g-> n1'];
  for (let node = 1; node <= count; node++) lines.push(`n${node} -self-> n${node} ${1 + Math.floor(random() * 1000)}`);
  for (let node = 2; node <= count; node++) lines.push(`n${1 + Math.floor(random() * (node - 1))} -t-> n${node}`);
  const more = Math.floor(random() * count * 2);
  for (let i = 0; i < more; i++)
    lines.push(`n${1 + Math.floor(random() * count)} -e${i}-> n${1 + Math.floor(random() * count)}`);
  if (random() < 0.5) lines.push(`root -element:1-> n${count}`);
  return lines.join('\n');
};

test('dominators and retained sizes are those of the slow twin on 200 random graphs', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const drawing = randomHeap(seed);
    const { graph } = drawHeap(drawing);
    const edges: [number, number][] = [];
    for (let node = 0; node < graph.nodeCount; node++)
      for (let edge = graph.firstEdge[node]; edge < graph.firstEdge[node + 1]; edge++)
        edges.push([node, graph.edgeTarget[edge]]);
    const { immediate, retainedBytes } = dominatorsOf(graph);
    assert.deepEqual([...immediate], slowDominators(graph.nodeCount, edges), `seed ${seed}\n${drawing}`);
    assert.deepEqual([...retainedBytes], slowRetained(graph, edges), `seed ${seed}\n${drawing}`);
  }
});

test('they are the same if the retainers come in blocks too small for a list', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { graph } = drawHeap(randomHeap(seed));
    const { edges, walk } = walkHeap(graph);
    const fill = createPredecessors({ ...walk, userOwned: edges.userOwned }, computeRetainers(graph, edges));
    const block = new Uint32Array(recordHead + 1);
    const { immediate } = computeDominatorsFrom(graph, walk, () => block.subarray(0, fill(block)));
    assert.deepEqual(immediate, dominatorsOf(graph).immediate, `seed ${seed}`);
  }
});

for (const major of [20, 26] as const)
  test(`two threads find the dominators of a snapshot of Node ${major} that one finds`, async () => {
    const graph = await readHeapSnapshot(snapshotFixture(major));
    const one = await computeInThreads(graph, Infinity);
    const two = await computeInThreads(graph, 0);
    assert.deepEqual(two.dominators.immediate, one.dominators.immediate);
    assert.deepEqual(two.dominators.retainedBytes, one.dominators.retainedBytes);
    assert.deepEqual(two.edges.bits, one.edges.bits);
  });

test('a ring of blocks hands over all that one thread makes for another, also more than it holds', async () => {
  const ring = createBlockRing();
  const source = `
    const { fillBlocks } = await import(${JSON.stringify(import.meta.resolve('#memwatch/analyzer/heap/block-ring.js'))});
    const { workerData } = await import('node:worker_threads');
    let left = 100;
    fillBlocks(workerData, (block) => (left === 0 ? 0 : block.fill(left--, 0, 7) && 7));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: ring });
  const next = createBlockReader(ring);
  let sum = 0;
  for (let block = next(); block.length > 0; block = next()) sum += block[0] + block[6];
  await worker.terminate();
  assert.equal(sum, 2 * 5050);
});

test('a thread that fails is an error for the one that waits for it', () => {
  const ring = createBlockRing();
  assert.throws(() =>
    fillBlocks(ring, () => {
      throw new RangeError('no memory');
    }),
  );
  assert.throws(createBlockReader(ring), /second thread failed/);
});
