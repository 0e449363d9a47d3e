import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { createBlockReader, createBlockRing, fillBlocks } from '#memwatch/analyzer/heap/block-ring.js';
import { computeDominators, computeDominatorsFrom } from '#memwatch/analyzer/heap/dominators.js';
import { nodeAt, packRetainers, type PackedRetainers } from '#memwatch/analyzer/heap/packed-retainers.js';
import { createPredecessors, recordHead } from '#memwatch/analyzer/heap/predecessors.js';
import { computeRetainers } from '#memwatch/analyzer/heap/retainers.js';
import { computeInThreads } from '#memwatch/analyzer/heap/threads.js';
import { createTreeReader, writeTree } from '#memwatch/analyzer/heap/tree-bits.js';
import { walkHeap } from '#memwatch/analyzer/heap/walk.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import type { Dominators } from '#memwatch/analyzer/model/heap-results.js';
import { snapshotFixture } from '../../support/fixtures.js';
import { drawHeap } from '../../support/graph.js';
import { seeded, slowDominators, slowRetained } from '../../support/slow.js';

const dominatorsOf = (graph: HeapGraph): Dominators => computeDominators(graph);

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
    const memory = new Uint32Array(2 * graph.nodeCount);
    const retainers = packRetainers(graph, edges.bits, memory);
    const fill = createPredecessors({ ...walk, userOwned: edges.userOwned }, retainers);
    const block = new Uint32Array(recordHead + 1);
    const { immediate } = computeDominatorsFrom(graph, walk, () => block.subarray(0, fill(block)), memory);
    assert.deepEqual(immediate, dominatorsOf(graph).immediate, `seed ${seed}`);
  }
});

/** The lists as numbers. */
const unpack = ({ bytes, ends }: PackedRetainers): number[][] => {
  let at = 0;
  const number = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  return Array.from({ length: ends.length / 2 }, (_, node) => {
    const list: number[] = [];
    for (let last = -1; at < ends[2 * node];)
      list.push((last = last === -1 ? nodeAt(node, number()) : last + number()));
    return list;
  });
};

test('packed retainers are the retainers, each once', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { graph } = drawHeap(randomHeap(seed));
    const { bits } = walkHeap(graph).edges;
    const { first, node } = computeRetainers(graph, { bits });
    const expected = Array.from({ length: graph.nodeCount }, (_, at) => [
      ...new Set(node.subarray(first[at], first[at + 1])),
    ]);
    const packed = packRetainers(graph, bits, new Uint32Array(2 * graph.nodeCount));
    assert.deepEqual(unpack(packed), expected, `seed ${seed}`);
  }
});

test('packed retainers are right for nodes that are far from each other', () => {
  const far = [1, 127, 128, 70_000, 3_000_000];
  const nodeCount = 6_000_001;
  const firstEdge = new Uint32Array(nodeCount + 1);
  for (const node of far) firstEdge[node + 1] = 1;
  for (let node = 0; node < nodeCount; node++) firstEdge[node + 1] += firstEdge[node];
  const edgeTarget = new Uint32Array(far.length).fill(nodeCount - 1);
  const packed = packRetainers(
    { nodeCount, firstEdge, edgeTarget },
    Uint32Array.of(31),
    new Uint32Array(2 * nodeCount),
  );
  assert.deepEqual(unpack(packed).at(-1), far);
  assert.equal(packed.bytes.length, 4 + 1 + 1 + 3 + 4);
});

test('a tree in bits has the parents that it was made of', () => {
  const random = seeded(7);
  const parents = [0];
  for (let node = 1, above = 0; node < 10_000; node++) {
    while (above !== 0 && random() < 0.4) above = parents[above];
    parents.push(above);
    if (random() < 0.7) above = node;
  }
  // a node's parent must be the node before it, or above that
  const preorder = parents.map((parent, node) => {
    const path = [node - 1];
    while ((path.at(-1) ?? 0) > 0) path.push(parents[path.at(-1) ?? 0]);
    return node === 0 || path.includes(parent) ? parent : 0;
  });
  const spread = Uint32Array.from({ length: 2 * preorder.length }, (_, at) => preorder[at >>> 1]);
  const parentOf = createTreeReader(writeTree(spread), new Uint32Array(2 * preorder.length));
  for (let node = 1; node < preorder.length; node++) assert.equal(parentOf(node), preorder[node]);
});

test('results of a heap below 4 GB lie in the memory of the search', () => {
  const { graph } = drawHeap(randomHeap(3));
  const { retainedBytes, preorder } = dominatorsOf(graph);
  assert.ok(retainedBytes instanceof Uint32Array);
  assert.equal(preorder.buffer, retainedBytes.buffer);
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
