import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { writeHeapSnapshot } from 'node:v8';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { nodeTypes, type HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { drawHeap } from '../../../support/graph.js';
import { temporaryFolder } from '../../../support/targets.js';

const small = drawHeap(`
  root -shortcut:global-> global
  global -caché "q"\\-> Map cache 48
  cache -internal:table-> table:array 100
  table -#3-> 日本人 session 40
  table -hidden:4-> session
  session -weak:w-> big 5000000000
`);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Everything in a graph, to compare two of them. */
const contents = (graph: HeapGraph): object => ({
  ...graph,
  strings: Array.from({ length: graph.strings.count }, (_, index) => graph.strings.get(index)),
});

for (const size of [1, 7, 4096]) {
  test(`pieces of ${size} bytes give the same graph`, async () => {
    const graph = await readHeapSnapshot(inPieces(small.bytes, size));
    assert.deepEqual(contents(graph), contents(small.graph));
  });
}

test('blanks and line breaks anywhere do not matter', async () => {
  const text = JSON.stringify(JSON.parse(small.bytes.toString()), undefined, '\t \r\n');
  const graph = await readHeapSnapshot(inPieces(Buffer.from(text), 100));
  assert.deepEqual(contents(graph), contents(small.graph));
});

test('a snapshot of this process is read, plain and gzipped, and its root holds its constructors', async (t) => {
  class OnlyInThisTest {
    readonly field = 1;
  }
  const kept = [new OnlyInThisTest(), new OnlyInThisTest()];
  const file = join(temporaryFolder(t), 'self.heapsnapshot');
  writeHeapSnapshot(file);
  const graph = await readHeapSnapshot(file);
  const name = graph.strings.indexOf('OnlyInThisTest');
  const objects = graph.nodeName.filter((of, node) => of === name && graph.nodeType[node] === 3).length;
  assert.equal(objects, kept.length);
  writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 1 }));
  assert.deepEqual(contents(await readHeapSnapshot(`${file}.gz`)), contents(graph));
});

/** The drawn heap with its JSON changed. */
const changed = (text: string, change: (text: string) => string): Promise<HeapGraph> =>
  readHeapSnapshot(inPieces(Buffer.from(change(drawHeap(text).bytes.toString())), 4096));
const namesOf = (graph: HeapGraph): string[] => Array.from(graph.nodeName, (index) => graph.strings.get(index));

test("V8 15's names of contexts hold their scope: they are read as those of all other V8s", async () => {
  const contexts = 'root -#1-> Context a 10\n root -#2-> Context b 10\n root -#3-> "Context" c:string 10';
  let scope = 1;
  const written = (text: string): string => {
    const { strings, ...rest } = JSON.parse(text) as {
      strings: string[];
      nodes: number[];
      snapshot: { meta: { node_fields: string[] } };
    };
    const width = rest.snapshot.meta.node_fields.length;
    const plain = strings.findIndex((one) => /^(system \/ )?Context$/.test(one));
    for (let at = 0; at < rest.nodes.length; at += width)
      if (rest.nodes[at + 1] === plain) rest.nodes[at + 1] = strings.push(`system / Context / scope @${scope++}`) - 1;
    return JSON.stringify({ ...rest, strings });
  };
  const graph = await changed(contexts, written);
  assert.equal(scope, 3);
  assert.deepEqual(
    namesOf(graph).filter((name) => name.includes('Context')),
    ['system / Context', 'system / Context', '"Context"'],
  );
});

test("Node 8's symbols have a type that its header does not name", async () => {
  const graph = await changed('root -#1-> A a 10\n root -#2-> id s:symbol 10', (text) => {
    const document = JSON.parse(text) as { snapshot: { meta: { node_types: string[][] } } };
    const types = document.snapshot.meta.node_types[0] ?? [];
    types.splice(types.indexOf('sliced string') + 1);
    return JSON.stringify(document);
  });
  assert.deepEqual(
    Array.from(graph.nodeType, (type) => nodeTypes[type]),
    ['synthetic', 'object', 'symbol'],
  );
});
