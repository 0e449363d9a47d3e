import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { MemwatchError } from '#memwatch/errors.js';
import type { HeapGraph } from '#memwatch/analyzer/model/heap-graph.js';
import { snapshotFixture } from '../../../support/fixtures.js';
import { drawHeap } from '../../../support/graph.js';
import { seeded } from '../../../support/slow.js';

const small = drawHeap(`
  root -shortcut:global-> global
  global -cache-> Map cache 48
  cache -internal:table-> table:array 100
  table -#3-> Session one 40
  table -hidden:4-> two 40
  one -weak:w-> two
  two -back-> cache
  root -#1-> (GC_roots) gc:synthetic
  gc -#0-> code:code 500
`);

const folder = mkdtempSync(join(tmpdir(), 'memwatch-damage-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const readBytes = async (bytes: Uint8Array): Promise<HeapGraph> => {
  const file = join(folder, 'damaged.heapsnapshot');
  writeFileSync(file, bytes);
  return readHeapSnapshot(file);
};

/** The result for a damaged file: its error, which must be one clean line, or a graph, which must be consistent. */
const outcome = async (bytes: Uint8Array): Promise<MemwatchError | HeapGraph> => {
  try {
    const graph = await readBytes(bytes);
    assertSound(graph);
    return graph;
  } catch (error) {
    assert.ok(
      error instanceof MemwatchError,
      `not a clean error: ${error instanceof Error ? error.stack : String(error)}`,
    );
    assert.match(error.code, /^(broken-file|not-this-format)$/);
    assert.doesNotMatch(error.message, /\n|undefined|NaN/);
    if (error.code === 'broken-file') assert.match(error.message, /at byte \d+|gzip|not a scripts table/);
    return error;
  }
};

const assertSound = (graph: HeapGraph): void => {
  assert.equal(graph.firstEdge[graph.nodeCount], graph.edgeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    assert.ok(graph.firstEdge[node] <= graph.firstEdge[node + 1]);
    assert.ok(graph.nodeName[node] < graph.strings.count);
  }
  for (let edge = 0; edge < graph.edgeCount; edge++) assert.ok(graph.edgeTarget[edge] < graph.nodeCount);
  const { dominators, classes, paths } = new Heap(graph);
  let total = 0;
  for (const bytes of graph.selfBytes) total += bytes;
  assert.equal(dominators.retainedBytes[0], total);
  assert.equal(
    classes.list.reduce((sum, one) => sum + one.count, 0),
    graph.nodeCount,
  );
  assert.equal(paths.edge.length, graph.nodeCount);
};

type Damage = (bytes: Buffer, random: (below: number) => number) => Buffer;

const at = (bytes: Buffer, start: number, end: number, middle: string | Uint8Array = ''): Buffer =>
  Buffer.concat([bytes.subarray(0, start), Buffer.from(middle), bytes.subarray(end)]);

const damages: readonly Damage[] = [
  (bytes, random) => bytes.subarray(0, random(bytes.length)), // truncated
  (bytes, random) => at(bytes, random(bytes.length), bytes.length, Buffer.alloc(random(40))), // ends in zeros
  (bytes, random) => {
    const place = random(bytes.length);
    return at(bytes, place, place + 1, Buffer.of(random(256))); // one byte is changed
  },
  (bytes, random) => {
    const place = random(bytes.length);
    return at(bytes, place, place + 1 + random(30)); // a part is missing
  },
  (bytes, random) => {
    const place = random(bytes.length);
    return at(bytes, place, place, bytes.subarray(place, place + random(30))); // a part is repeated
  },
  (bytes, random) => at(bytes, ...numberAt(bytes, random), String(random(2) ? random(1e9) * 1e4 : random(40))),
  (bytes, random) =>
    at(bytes, ...numberAt(bytes, random), ['', '-1', '1.5', '1e9', 'null', '9'.repeat(400)][random(6)]),
  (bytes, random) => {
    const [one] = [',', '[', ']', '{', '}', '"', ':', '\\', ' ', '\n'].slice(random(10));
    const place = random(bytes.length);
    return at(bytes, place, place + random(2), one);
  },
];

/** The position of one of the file's numbers. */
const numberAt = (bytes: Buffer, random: (below: number) => number): [number, number] => {
  for (let tries = 0; tries < 1000; tries++) {
    let start = random(bytes.length);
    if (!isDigit(bytes[start])) continue;
    while (start > 0 && isDigit(bytes[start - 1])) start--;
    let end = start;
    while (isDigit(bytes[end])) end++;
    return [start, end];
  }
  return [0, 0];
};

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

test('1,000 damaged files give a clean error or a sound graph', async () => {
  const chance = seeded(20_261_123);
  const random = (below: number): number => Math.floor(chance() * below);
  let errors = 0;
  for (let count = 0; count < 1000; count++) {
    const damage = damages[count % damages.length];
    let bytes = damage?.(small.bytes, random) ?? small.bytes;
    if (random(4) === 0) bytes = damages[random(damages.length)]?.(bytes, random) ?? bytes;
    if ((await outcome(bytes)) instanceof MemwatchError) errors++;
  }
  assert.ok(errors > 600, `${errors} of 1000 were found to be damaged`);
});

test('60 damaged files of a real snapshot give a clean error or a sound graph', async () => {
  const real = gunzipSync(readFileSync(snapshotFixture(18)));
  const chance = seeded(7);
  const random = (below: number): number => Math.floor(chance() * below);
  for (let count = 0; count < 60; count++) await outcome(damages[count % damages.length]?.(real, random) ?? real);
});

test('every cut of a small snapshot is found to be cut off or no snapshot', async () => {
  for (let length = 0; length < small.bytes.length; length += 3) {
    assert.ok((await outcome(small.bytes.subarray(0, length))) instanceof MemwatchError, `cut at ${length}`);
  }
});

test('a cut gzip is reported as cut off', async () => {
  const gzip = gzipSync(small.bytes);
  const result = await outcome(gzip.subarray(0, gzip.length - 20));
  assert.ok(result instanceof MemwatchError);
  assert.match(result.message, /damaged\.heapsnapshot is broken: its gzip is damaged or cut off/);
});

/** The small snapshot with the first match replaced by another text. */
const changed = (pattern: RegExp, text: string): Buffer => Buffer.from(small.bytes.toString().replace(pattern, text));

for (const [name, bytes, message] of [
  ['an edge out of range', changed(/("edges":\[\d+,\d+,)\d+/, '$1600'), /at byte \d+: edge 0 points to node 100 of \d/],
  ['an edge into a node', changed(/("edges":\[\d+,\d+,)\d+/, '$17'), /edge 0 points into the middle of a node/],
  ['more nodes than counted', changed(/"node_count":\d+/, '"node_count":3'), /more nodes than the 3/],
  ['fewer edges than counted', changed(/"edge_count":\d+/, '"edge_count":50'), /counts 50 edges, the file holds \d+/],
  ['a missing field', changed(/"self_size"/, '"size"'), /node_fields in the header does not contain "self_size"/],
  ['a name that is no string', changed(/("nodes":\[9,)\d+/, '$1999'), /a name is string 999 of \d+/],
  ['a second array of nodes', changed(/"locations"/, '"nodes"'), /there is a second list of nodes/],
] as const) {
  test(`${name} is reported, with its byte position`, async () => {
    const result = await outcome(bytes);
    assert.ok(result instanceof MemwatchError);
    assert.equal(result.code, 'broken-file');
    assert.match(result.message, message);
    assert.match(result.message, /at byte \d+/);
  });
}

for (const [name, text] of [
  ['an empty file', ''],
  ['a CPU profile', '{"nodes":[{"id":1,"callFrame":{}}],"startTime":1}'],
  ['an allocation profile', '{"head":{"callFrame":{},"children":[]},"samples":[]}'],
  ['a list', '[1,2,3]'],
  ['two megabytes of another JSON', JSON.stringify({ text: 'x'.repeat(2_000_000) })],
] as const) {
  test(`${name} is no heap snapshot`, async () => {
    const result = await outcome(Buffer.from(text));
    assert.ok(result instanceof MemwatchError);
    assert.equal(result.code, 'not-this-format');
  });
}

test('a header that claims four thousand million nodes costs no memory', async () => {
  const before = process.memoryUsage().arrayBuffers;
  for (const count of ['node_count', 'edge_count']) {
    const result = await outcome(changed(new RegExp(`"${count}":\\d+`), `"${count}":4000000000`));
    assert.ok(result instanceof MemwatchError);
    assert.match(result.message, /counts 4000000000 (nodes|edges), the file holds \d+/);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 32_000_000);
});
