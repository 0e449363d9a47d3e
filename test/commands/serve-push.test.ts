/** What `memwatch serve` pushes: OTLP, decoded by the SDK's own code, and profiles for Pyroscope, to servers that fail. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createCaptureTurn } from '#memwatch/commands/serve/capture-turn.js';
import { pushMetrics } from '#memwatch/commands/serve/otlp.js';
import { createPushQueue } from '#memwatch/commands/serve/push-queue.js';
import { parsePushTarget, requestOf } from '#memwatch/commands/serve/pyroscope.js';
import type { ServedProcess } from '#memwatch/commands/serve/served.js';
import { startReceiver } from '../support/receiver.js';
import { secondReading } from '../support/readings.js';
import { eventually } from '../support/waiting.js';

interface DecodedMetrics {
  readonly resourceMetrics: {
    readonly resource: { readonly attributes: { readonly key: string; readonly value: Record<string, unknown> }[] };
    readonly scopeMetrics: { readonly metrics: { readonly name: string; readonly unit: string; readonly histogram?: { readonly dataPoints: { readonly count: unknown; readonly sum: number }[] } }[] }[];
  }[];
} // prettier-ignore

/** The generated code that the SDK itself encodes with. */
const decode = (bytes: Buffer): DecodedMetrics => {
  const root = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js');
  const request = root.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
  return request.toObject(request.decode(bytes), { longs: Number, defaults: true }) as DecodedMetrics;
};

const labels = { pid: '4711', script: '/app/server {x="y"}.mjs' };

test("OTLP: each process is a resource, with the names of the conventions; the SDK's own decoder reads it", async (t) => {
  const { address, received } = await startReceiver(t);
  const gc = new Map([['minor', { count: 3, durationUs: 6000 }]]) as ServedProcess['gc'];
  const served = { labels, nodeVersion: 'v22.1.0', last: { ...secondReading(1, 20e6), heap: { ...secondReading(1, 20e6).heap, spaces: [{ name: 'old_space', usedBytes: 9, totalBytes: 10 }] } }, userSeconds: 2, systemSeconds: 1, gc } as unknown as ServedProcess; // prettier-ignore
  const stop = await pushMetrics(() => [served], `${address}/v1/metrics`);
  await stop(); // sends what there is
  assert.equal(received[0]?.url.pathname, '/v1/metrics');
  const body = received[0]?.body ?? Buffer.alloc(0);
  const [sent] = decode(received[0]?.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).resourceMetrics;
  assert.equal(sent?.resource.attributes.find(({ key }) => key === 'process.pid')?.value['intValue'], 4711);
  const metrics = sent?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
  const names = metrics.map(({ name }) => name);
  for (const name of ['v8js.memory.heap.used', 'v8js.gc.duration', 'nodejs.eventloop.utilization', 'process.cpu.time', 'process.memory.usage'])
    assert.ok(names.includes(name), `${name} in ${names}`);
  const [collections] = metrics.find(({ name }) => name === 'v8js.gc.duration')?.histogram?.dataPoints ?? [];
  assert.deepEqual([collections?.count, collections?.sum.toFixed(6)], [3, '0.006000']);
}); // prettier-ignore

const profile = new Uint8Array([0x1f, 0x8b, 1, 2, 3]);

test('Pyroscope: the request is what its servers take; a password does not stay in the address', async (t) => {
  const { address, received } = await startReceiver(t);
  const withPassword = address.replace('://', '://me:s%40cret@');
  const target = parsePushTarget(`${withPassword}/base/`, 'team', undefined);
  const request = requestOf({ labels }, profile, 1_700_000_000_400, target);
  assert.ok(!request.url.href.includes('cret'));
  const stop = new AbortController();
  const queue = createPushQueue(stop.signal, (text) => assert.fail(text));
  queue.add(request);
  await eventually('it was sent', () => received.length === 1 && queue.waiting === 0);
  stop.abort();
  await queue.sending;
  const [{ url, headers, body }] = received as [(typeof received)[number]];
  assert.equal(url.pathname, '/base/ingest');
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    name: 'server_x_y_{pid=4711}',
    from: '1700000000',
    until: '1700000011',
    spyName: 'nodespy',
    sampleRate: '100',
  });
  assert.equal(headers['authorization'], `Basic ${Buffer.from('me:s@cret').toString('base64')}`);
  assert.equal(headers['x-scope-orgid'], 'team');
  const form = await new Response(Uint8Array.from(body), { headers: { 'content-type': String(headers['content-type']) } }).formData(); // prettier-ignore
  assert.deepEqual(new Uint8Array(await (form.get('profile') as Blob).arrayBuffer()), profile);
  assert.equal(parsePushTarget(address, undefined, 'abc').headers['authorization'], 'Bearer abc');
  assert.throws(() => parsePushTarget('localhost:4040', undefined, undefined), /--push localhost:4040 is no address/);
});

test('a server that fails gets it again, one that refuses does not; the queue is bounded', async (t) => {
  const limits = { most: 3, firstPauseMs: 10, longestPauseMs: 20, patienceMs: 2000 };
  const { address, received } = await startReceiver(t, (request) => [503, 429, 200, 400, 200][request] ?? 200);
  const target = parsePushTarget(address, undefined, undefined);
  const requestAt = (fromMs: number) => requestOf({ labels }, profile, fromMs, target);
  const stop = new AbortController();
  const said: string[] = [];
  const queue = createPushQueue(stop.signal, (text) => said.push(text), limits);
  for (const second of [1, 2, 3]) queue.add(requestAt(second * 1000));
  await eventually('all are sent', () => queue.waiting === 0);
  assert.deepEqual(received.map(({ url }) => url.searchParams.get('from')), ['1', '1', '1', '2', '3']); // prettier-ignore
  assert.deepEqual(said.map((text) => text.replace(/127\S+/, 'host')), ['--push: host answers 503; it is sent again later', '--push: host answers 400']); // prettier-ignore
  stop.abort();
  await queue.sending;

  const dead = new AbortController();
  const nobody = createPushQueue(dead.signal, () => {}, limits);
  const toNobody = parsePushTarget('http://127.0.0.1:1', undefined, undefined);
  assert.equal(nobody.isKeepingUp, true);
  for (let at = 0; at < 50; at++) nobody.add(requestOf({ labels }, profile, at * 1000, toNobody));
  assert.deepEqual([nobody.waiting, nobody.isKeepingUp], [3, false]);
  dead.abort();
  await nobody.sending;
});

test('one capture at a time', async () => {
  const turn = createCaptureTurn();
  let end = (): void => {};
  const first = turn.take(() => new Promise<string>((resolve) => (end = () => resolve('first'))));
  assert.equal(await turn.take(async () => 'second'), undefined);
  end();
  assert.equal(await first, 'first');
  await assert.rejects(
    turn.take(() => Promise.reject(new Error('failed'))),
    /failed/,
  );
  assert.equal(await turn.take(async () => 'third'), 'third');
});

test('a receiver that never answers does not delay the end', async (t) => {
  const { address, received } = await startReceiver(t, undefined, true);
  const served = { labels, nodeVersion: 'v22.1.0', last: undefined, userSeconds: 2, systemSeconds: 1, gc: new Map() } as unknown as ServedProcess; // prettier-ignore
  const stop = await pushMetrics(() => [served], address);
  const late = new Promise<string>((resolve) => setTimeout(resolve, 2500, 'late').unref());
  assert.equal(await Promise.race([stop(), late]), undefined);
  assert.equal(received.length, 1);
});
