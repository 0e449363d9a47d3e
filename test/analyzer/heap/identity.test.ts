/** Which object of one snapshot is which of another: by id as long as ids agree, otherwise by the path to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idsAgree, idsByPath, sampleIds } from '#memwatch/analyzer/heap/identity.js';
import { IdIndex } from '#memwatch/analyzer/heap/ids.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { upTo } from '../../support/drawn-growth.js';
import { drawHeap, type DrawnHeap } from '../../support/graph.js';

const draw = (text: string, ids: Readonly<Record<string, number>> = {}): DrawnHeap =>
  drawHeap(`root -shortcut:global-> global\n${text}`, { ids });

/** Ten objects, each of its own class. */
const ten = (from = 1): string => upTo(10, (i) => `global -p${i}-> Class${i + from - 1} o${i}`);

test('ids agree if they name the same classes; a few that were taken over do not matter', () => {
  const { graph } = draw(ten());
  assert.equal(idsAgree(sampleIds(graph), draw(ten()).graph), true);
  const one = draw(ten().replace('Class3 ', 'Other '));
  assert.equal(idsAgree(sampleIds(graph), one.graph), true);
  assert.equal(idsAgree(sampleIds(graph), draw(ten(2)).graph), false, 'every id names another class');
});

test('without an id in common nothing agrees', () => {
  const ids = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`o${i + 1}`, 1001 + 2 * i]));
  const other = draw(ten(), { ...ids, global: 999, root: 997 });
  assert.equal(idsAgree(sampleIds(draw(ten()).graph), other.graph), false);
});

/** Of each handle: whether it got the id of that handle in the later graph. */
const keptIds = (later: DrawnHeap, earlier: DrawnHeap, ids: Uint32Array, handles: readonly string[]): string[] =>
  handles.filter((handle) => ids[earlier.node(handle)] === later.graph.nodeId[later.node(handle)]);

const renumbered = (graph: HeapGraph): HeapGraph => ({ ...graph, nodeId: graph.nodeId.map((id) => id * 2 + 5001) });

test('objects reached by the same names get the ids of the later graph, others get unused ones', () => {
  const text = `
    global -cache-> Map cache
    cache -internal:table-> table:array 100
    global -log-> Log log`;
  const earlier = draw(`${text}\nglobal -gone-> Gone gone`);
  const later = draw(text, { cache: 101, table: 103, log: 105 });
  const ids = idsByPath(later.graph, renumbered(earlier.graph));
  assert.deepEqual(keptIds(later, earlier, ids, ['root', 'global', 'cache', 'table', 'log']), ['root', 'global', 'cache', 'table', 'log']); // prettier-ignore
  const gone = ids[earlier.node('gone')] ?? 0;
  assert.ok(!later.graph.nodeId.includes(gone), 'its id means nothing in the later graph');
  assert.equal(new Set(ids).size, ids.length, 'no id is given twice');
});

test('entries are matched by their rank among those of their class, so that a rebuilt table changes nothing', () => {
  const earlier = draw(
    'global -m-> Map m\nm -internal:5-> User u1\nm -internal:6-> Session s1\nm -internal:8-> User u2',
  );
  const later = draw('global -m-> Map m\nm -internal:9-> Session s1\nm -internal:11-> User u1\nm -internal:14-> User u2\nm -internal:17-> User u3'); // prettier-ignore
  const ids = idsByPath(later.graph, renumbered(earlier.graph));
  assert.deepEqual(keptIds(later, earlier, ids, ['m', 's1', 'u1', 'u2']), ['m', 's1', 'u1', 'u2']);
});

test('a name comes before a position: an object is not mistaken for another of its class in a list', () => {
  const earlier = draw(
    'global -list-> Array list\nlist -#0-> User first\nlist -#1-> User admin\nglobal -admin-> admin',
  );
  const later = draw('global -list-> Array list\nlist -#0-> User admin\nglobal -admin-> admin');
  const ids = idsByPath(later.graph, renumbered(earlier.graph));
  assert.deepEqual(keptIds(later, earlier, ids, ['admin']), ['admin']);
});

test('an object of another class under the same name is another object', () => {
  const earlier = draw('global -state-> Starting state');
  const later = draw('global -state-> Running state');
  assert.deepEqual(keptIds(later, earlier, idsByPath(later.graph, renumbered(earlier.graph)), ['state']), []);
});

test('new ids avoid those of all other graphs', () => {
  const earlier = draw('global -a-> A a\nglobal -b-> B b');
  const later = draw('global -c-> C c');
  const other = new IdIndex(Uint32Array.from([7, 9]));
  const ids = [...idsByPath(later.graph, renumbered(earlier.graph), [other])];
  assert.ok(
    ids.every((id) => id !== 7 && id !== 9 && id % 2 === 1),
    ids.join(),
  );
});

test('ids are found among thousands, and what is not there is not found', () => {
  const ids = Uint32Array.from({ length: 5000 }, (_, at) => 2 * at * at + 1);
  const index = new IdIndex(ids);
  for (const at of [0, 1, 777, 4999]) assert.equal(index.nodeOf(ids[at] ?? 0), at);
  assert.deepEqual([index.nodeOf(5), index.nodeOf(2), new IdIndex(new Uint32Array()).nodeOf(1)], [-1, -1, -1]);
});
