/** Which objects of several snapshots are the same: by V8's ids, by their paths, or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intersectIds, hasId } from '#memwatch/analyzer/growth/snapshots/id-set.js';
import { matchObjects, type ReadSnapshot } from '#memwatch/analyzer/growth/snapshots/match-objects.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { drawRound, upTo } from '../../../support/drawn-growth.js';

const draw = (k: number) =>
  drawRound(`global -cache-> Map cache\n${upTo(3 * (k + 1), (i) => `cache -#${i}-> Item i${i}`)}`);

/** The same heap, as V8 numbers it after its inspector session ended. */
const renumbered = (graph: HeapGraph, by: number): HeapGraph => ({
  ...graph,
  nodeId: graph.nodeId.map((_, node) => (((node * 7919) % graph.nodeCount) + by) * 2 + 1),
});

const match = async (graphs: readonly HeapGraph[], process?: string) => {
  const reads: string[] = [];
  const read: ReadSnapshot = (source, text) => {
    reads.push(`${text} ${source.name}`);
    return source.read();
  };
  const sources = graphs.map((graph, k) => ({ name: `${k}`, process, read: async () => graph }));
  return { matched: await matchObjects(sources, read), reads };
};

test("V8's ids are used if they agree, and each earlier snapshot is read once", async () => {
  const { matched, reads } = await match([0, 1, 2].map((k) => draw(k).graph));
  assert.equal(matched.matchedBy, 'id');
  assert.deepEqual(reads, ['reading the ids of 0', 'reading the ids of 1', 'reading 2']);
  assert.equal(matched.idSets.length, 3);
});

test('with new ids in each snapshot, an object is found by its path, and gets the id of the last snapshot', async () => {
  const rounds = [0, 1, 2].map(draw);
  const graphs = rounds.map(({ graph }, k) => (k === 2 ? graph : renumbered(graph, 5000 * (k + 1))));
  const { matched } = await match(graphs, 'pid 1');
  assert.equal(matched.matchedBy, 'path');
  const common = intersectIds(matched.idSets);
  const last = rounds[2];
  assert.ok(last !== undefined);
  const idOf = (handle: string): number => matched.lastGraph.nodeId[last.node(handle)] ?? -1;
  assert.ok(hasId(common, idOf('cache')) && hasId(common, idOf('i1')), 'in all three');
  assert.ok(!hasId(common, idOf('i9')), 'only in the last');
  const again = await matched.sources[0]?.read();
  assert.ok(again !== undefined && again.nodeId.includes(idOf('cache')), 'read again, it has the common ids');
});

test('with new ids and no word of their process, or with too little in common, snapshots are refused', async () => {
  const graphs = [0, 1, 2].map((k) => (k === 2 ? draw(k).graph : renumbered(draw(k).graph, 5000 * (k + 1))));
  await assert.rejects(match(graphs), {
    code: 'bad-argument',
    message: /0 and 2 do not show that they are of one process/,
  });
  const { graph } = draw(2);
  const other = { ...graph, nodeId: graph.nodeId.map((id, node) => (node < 3 ? id : id + 1_000_000)) };
  await assert.rejects(match([graph, graph, other]), { code: 'bad-argument' });
});
