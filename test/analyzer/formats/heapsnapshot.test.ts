import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { writeHeapSnapshot } from 'node:v8';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { drawHeap } from '../../support/graph.js';
import { temporaryFolder } from '../../support/targets.js';

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

/** Everything that a graph says, to compare two of them. */
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
