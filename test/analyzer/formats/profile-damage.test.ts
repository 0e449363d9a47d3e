/** Damaged profiles of every kind: each ends in a profile of numbers and names, or in one clean error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import { writeCollapsed } from '#memwatch/analyzer/formats/collapsed.js';
import { writePprof } from '#memwatch/analyzer/formats/pprof.js';
import { readProfile } from '#memwatch/analyzer/formats/profile.js';
import { writeSpeedscope } from '#memwatch/analyzer/formats/speedscope.js';
import { MemwatchError } from '#memwatch/errors.js';
import { hostileProfile } from '../../support/hostile.js';
import { seeded } from '../../support/slow.js';

const bytesOf = (file: object | string | Uint8Array): Buffer =>
  Buffer.from(typeof file === 'string' || file instanceof Uint8Array ? file : JSON.stringify(file));
const profile = readProfile(bytesOf(hostileProfile()));
const callFrame = { functionName: 'a', scriptId: '7', url: 'file:///srv/app.js', lineNumber: 2, columnNumber: 0 };
const leaf = { ...callFrame, id: 2, hitCount: 2, children: [], lineTicks: [{ line: 4, hitCount: 2 }] };
const chunk = { cpuProfile: { nodes: [{ id: 1, callFrame }], samples: [1, 1] }, timeDeltas: [5, 7], lines: [3, 3] };
const perf = 'node 10/10 [000] 5.000000: 1000000 cpu-clock:u:\n\t 7f1 main (/usr/bin/node)\n\n';

const files: Readonly<Record<string, Buffer>> = {
  cpuprofile: bytesOf(hostileProfile()),
  'v8-profiler': bytesOf({ head: { ...leaf, id: 1, children: [leaf] }, samples: [2, 2], timestamps: [1, 9] }),
  heapprofile: bytesOf({
    head: { callFrame, selfSize: 8, id: 1, children: [{ callFrame, selfSize: 8, children: [] }] },
  }),
  trace: bytesOf([{ name: 'ProfileChunk', ph: 'P', pid: 1, tid: 1, ts: 1, id: '0x1', args: { data: chunk } }]),
  speedscope: bytesOf(writeSpeedscope(profile, 'x')),
  log: bytesOf({ code: [{ name: 'hot /srv/app.js:3:14', type: 'JS' }], functions: [], ticks: [{ tm: 9, s: [0, 0] }] }),
  pprof: bytesOf(writePprof(profile)),
  perf: bytesOf(perf.repeat(3)),
  collapsed: bytesOf(writeCollapsed(profile)),
  'utf-16': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a;b 5\r\nc 2\r\n', 'utf16le')]),
};

const check = (bytes: Uint8Array, what: string): void => {
  try {
    const { whole, functions } = computeCostTable(readProfile(bytes));
    assert.ok(Number.isFinite(whole), what);
    for (const { name, file } of functions)
      assert.ok(typeof name === 'string' && typeof (file ?? '') === 'string', what);
  } catch (error) {
    if (!(error instanceof MemwatchError)) throw new Error(`${what} is not refused cleanly`, { cause: error });
    assert.match(error.code, /^(broken-file|not-this-format)$/, what);
    assert.doesNotMatch(error.message, /\n/, what);
  }
};

test('each kind of file is read whole, cut off at every place, with wrong bytes, and with values of other types', () => {
  const random = seeded(18);
  const below = (limit: number): number => Math.floor(random() * limit);
  const odd = ['null', '{}', '[]', '-1', '1e999', '"x"', '"__proto__"', 'true', '[null]'];
  for (const [kind, bytes] of Object.entries(files)) {
    assert.ok(computeCostTable(readProfile(bytes)).functions.length > 0, kind);
    const gzip = gzipSync(bytes);
    assert.deepEqual(readProfile(gzip), readProfile(bytes), kind);
    for (let part = 0; part < 50; part++) {
      check(bytes.subarray(0, Math.floor((bytes.length * part) / 50)), `${kind} cut at ${part} of 50`);
      check(gzip.subarray(0, Math.floor((gzip.length * part) / 50)), `${kind} as gzip, cut at ${part} of 50`);
      const flipped = Buffer.from(bytes);
      for (let times = below(4); times >= 0; times--) flipped[below(flipped.length)] = below(256);
      check(flipped, `${kind} with wrong bytes, try ${part}`);
      const text = bytes.toString('latin1');
      const values = [...text.matchAll(/-?\d+(?:\.\d+)?|"[^"]*"|\{\}|\[\]/g)];
      const value = values[below(values.length)];
      if (value === undefined) continue;
      const changed = text.slice(0, value.index) + odd[below(odd.length)] + text.slice(value.index + value[0].length);
      check(Buffer.from(changed, 'latin1'), `${kind}: ${changed.slice(value.index - 20, value.index + 20)}`);
    }
  }
});

test('a file with more children than a call takes arguments, and one nested deeper than the stack', () => {
  const wide = { ...leaf, id: 1, children: Array.from({ length: 200_000 }, (_, id) => ({ ...leaf, id: id + 2 })) };
  assert.equal(readProfile(bytesOf({ head: wide, startTime: 0, endTime: 1 })).nodeCount, 200_001);
  const deep = `{"nodes":${'['.repeat(1e5)}`;
  for (const text of [deep, `${deep}${']'.repeat(1e5)},"startTime":1}`]) check(bytesOf(text), 'deep');
});

test('a small gzip that holds a hundred million bytes of nothing is refused before it is read', () => {
  const bomb = gzipSync(Buffer.alloc(100e6, 'a;b 1\n'));
  assert.throws(() => readProfile(bomb), { code: 'no-room', message: /more than 200 times its own size/ });
});

test('the error names the field that is wrong; readers check what they read, so that a bug of theirs is not called damage', () => {
  const node = { id: 1, callFrame, hitCount: 1 };
  const wrong: readonly [object, RegExp][] = [
    [{ nodes: [node, { ...node, id: 'x' }], startTime: 0, endTime: 1 }, /^nodes\[1\]\.id is not a number$/],
    [{ nodes: [node], startTime: 0, endTime: 1, samples: [1, null] }, /^samples\[1\] is not a number$/],
    [{ head: { callFrame, selfSize: 8, children: [null] } }, /children\[0\] is not an object$/],
    [{ head: { ...leaf, children: {} } }, /^head\.children is not a list$/],
    [{ $schema: 'speedscope', shared: { frames: [{}] }, profiles: [] }, /^shared\.frames\[0\]\.name is not a text$/],
    [{ code: [], functions: [], ticks: [{ tm: 1 }] }, /^ticks\[0\]\.s is not a list$/],
  ];
  for (const [file, message] of wrong)
    assert.throws(() => readProfile(bytesOf(file)), { code: 'broken-file', message }, String(message));
});
