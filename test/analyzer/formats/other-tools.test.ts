/** Profiles of other tools: each is read with its totals, or refused with its right name. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  Function as PprofFunction,
  Line,
  Location,
  Mapping,
  Profile as Pprof,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import { computeCostTable } from '#memwatch/analyzer/cost/table.js';
import { nameFormat, readProfile } from '#memwatch/analyzer/formats/profile.js';
import { writeCollapsed } from '#memwatch/analyzer/formats/collapsed.js';
import { writePprof } from '#memwatch/analyzer/formats/pprof.js';
import { writeSpeedscope } from '#memwatch/analyzer/formats/speedscope.js';
import type { MemwatchError } from '#memwatch/errors.js';
import { nodeBinary } from '../../support/nodes.js';
import { temporaryFolder } from '../../support/targets.js';

const bytesOf = (file: string | object): Buffer => Buffer.from(typeof file === 'string' ? file : JSON.stringify(file));
const rows = (file: string | object | Uint8Array): (string | number | null)[][] =>
  computeCostTable(readProfile(file instanceof Uint8Array ? file : bytesOf(file)))
    .functions.filter(({ self }) => self !== 0)
    .map(({ name, file: path, line, self }) => [name, path, line, self]);

const treeNode = (id: number, name: string, line: number, hits: number, children: object[] = []): object => ({
  functionName: name,
  url: id === 1 ? '' : '/srv/app.js',
  lineNumber: line,
  columnNumber: 1,
  scriptId: 7,
  id,
  hitCount: hits,
  lineTicks: hits === 0 ? [] : [{ line: line + 1, hitCount: hits }],
  children,
});
const samples = { samples: [3, 3, 2], timestamps: [5_000_000, 5_000_100, 5_000_300] };

test("v8-profiler's tree: its places are 1-based, unless the root says that one was subtracted", () => {
  const tree = (root: number, line: number): object => ({
    head: treeNode(1, '(root)', root, 0, [treeNode(2, 'a', line, 1, [treeNode(3, 'b', line + 10, 2)])]),
    startTime: 5,
    endTime: 5,
    ...samples,
  });
  assert.deepEqual(rows(tree(0, 3)), [['b', '/srv/app.js', 13, 300]]);
  assert.deepEqual(rows(tree(-1, 3)), [['b', '/srv/app.js', 14, 300]]);
  const [line] = computeCostTable(readProfile(bytesOf(tree(0, 3)))).lines;
  assert.deepEqual([line?.line, line?.self], [14, 300]);
});

test("ids that occur twice in v8-profiler's tree, as other tools write them, do not matter", () => {
  const b = treeNode(2, 'b', 13, 2);
  const head = treeNode(0, 'node', 0, 0, [treeNode(0, 'a', 3, 0, [b]), treeNode(1, 'c', 23, 0)]);
  assert.deepEqual(rows({ head, samples: [2, 2, 1], timestamps: [100, 200, 400] }), [['b', '/srv/app.js', 13, 300]]);
});

test("v8-profiler-next's list of nodes: 1-based, with the ticks inside the call frame", () => {
  const node = (id: number, functionName: string, lineNumber: number, children: number[], ticks: object[]): object => ({
    id,
    hitCount: ticks.length,
    children,
    callFrame: {
      functionName,
      scriptId: 7,
      url: id === 1 ? '' : '/srv/app.js',
      lineNumber,
      columnNumber: 1,
      lineTicks: ticks,
    },
  });
  const file = {
    typeId: 'CPU',
    uid: '1',
    title: '',
    nodes: [node(1, '(root)', 0, [2], []), node(2, 'a', 3, [], [{ line: 4, hitCount: 1 }])],
    startTime: 0,
    endTime: 100,
    samples: [2],
    timeDeltas: [0],
  };
  assert.deepEqual(rows(file), [['a', '/srv/app.js', 3, 100]]);
  assert.equal(computeCostTable(readProfile(bytesOf(file))).lines[0]?.line, 4);
});

const frame = (functionName: string, lineNumber: number): object => ({
  functionName,
  scriptId: 7,
  url: 'file:///srv/app.js',
  lineNumber,
  columnNumber: 0,
});
const event = (name: string, pid: number, ts: number, data: object | undefined, id = '0x1'): object => ({
  name,
  ph: 'P',
  pid,
  tid: 2,
  ts,
  id,
  args: data === undefined ? {} : { data },
});

test('traces: pieces of a CPU profile come together, threads stand side by side, what is lost is reported', () => {
  const root = { id: 1, callFrame: { functionName: '(root)', scriptId: 0 }, children: [2] };
  const chunk = (nodes: object[], ids: number[], lines?: number[]): object => ({
    cpuProfile: { nodes, samples: ids },
    timeDeltas: ids.map(() => 100),
    ...(lines === undefined ? {} : { lines }),
  });
  const first = [
    event('ProfileChunk', 1, 20, chunk([{ id: 3, callFrame: frame('b', 9), parent: 2 }], [3], [11])),
    event('Profile', 1, 5, { startTime: 0 }),
    event('ProfileChunk', 1, 10, chunk([root, { id: 2, callFrame: frame('a', 4), parent: 1 }], [2, 2], [5, 6])),
    event('ProfileChunk', 1, 30, undefined),
    event('ProfileChunk', 1, 40, { ...chunk([], [3], [11]), timeDeltas: [700], endTime: 1500 }),
  ];
  const one = { metadata: {}, traceEvents: first };
  assert.deepEqual(rows(one), [
    ['b', '/srv/app.js', 10, 700],
    ['a', '/srv/app.js', 5, 200],
  ]);
  assert.deepEqual(rows(gzipSync(bytesOf(one))), rows(one));
  assert.deepEqual(
    computeCostTable(readProfile(bytesOf(one))).lines.map(({ line, self }) => [line, self]),
    [
      [11, 700],
      [5, 100],
      [6, 100],
    ],
  );
  // an array may be incomplete at its end
  assert.deepEqual(rows(`${JSON.stringify(first).slice(0, -1)},`), rows(one));
  const other = [
    event('Profile', 2, 5, { startTime: 0 }),
    event('ProfileChunk', 2, 6, chunk([{ id: 9, callFrame: frame('c', 1), parent: 8 }], [9, 9])),
  ];
  const both = readProfile(bytesOf({ traceEvents: [...first, ...other] }));
  assert.deepEqual(
    computeCostTable(both)
      .functions.filter(({ self }) => self > 0)
      .map(({ name, self }) => [name, self]),
    [
      ['b', 700],
      ['a', 200],
      ['c', 100],
    ],
  );
  assert.deepEqual(both.warnings, ['the trace has lost 1 of the functions that it refers to']);
});

test('whole CPU profiles of one thread that follow each other stand in a trace side by side', () => {
  const nodes = (name: string): object[] => [{ id: 1, callFrame: frame(name, 2) }];
  const whole = (name: string, startTime: number): object =>
    event('CpuProfile', 1, startTime, {
      cpuProfile: { nodes: nodes(name), samples: [1, 1], timeDeltas: [0, 50], startTime, endTime: startTime + 50 },
    });
  const trace = { traceEvents: [whole('first', 100), whole('second', 200), { ...whole('third', 300), tid: 3 }] };
  const found = rows(trace).filter(([name]) => !String(name).startsWith('thread'));
  assert.deepEqual(
    found.map(([name, , , self]) => [name, self]),
    [
      ['first', 50],
      ['second', 50],
      ['third', 50],
    ],
  );
});

test('a trace with several profiles of one thread at the same time: only the recording counts, as in DevTools', () => {
  const nodes = [{ id: 1, callFrame: { functionName: '(root)', scriptId: 0 } }];
  const native = { ...frame('CompileFunction', 0), url: 'native V8Runtime' };
  const named = (name: string) => [...nodes, { id: 2, callFrame: { ...native, functionName: name }, parent: 1 }];
  const profileOf = (id: number, source: string, name: string, start: number): object[] => [
    event('Profile', 1, start, { startTime: start, source }, `${id}`),
    event(
      'ProfileChunk',
      1,
      start + 1,
      { cpuProfile: { nodes: named(name), samples: [2, 2] }, timeDeltas: [0, 100], source },
      `${id}`,
    ),
  ];
  const events = [
    ...profileOf(1, 'SelfProfiling', 'page', 20),
    ...profileOf(2, 'Inspector', 'console', 10),
    ...profileOf(3, 'Internal', 'recording', 5),
    ...profileOf(4, 'Inspector', 'later', 500),
  ];
  const read = readProfile(bytesOf({ traceEvents: events }));
  const { functions } = computeCostTable(read);
  assert.deepEqual(
    functions.filter(({ self }) => self > 0).map(({ name, file, self }) => [name, file, self]),
    [
      ['recording', null, 100],
      ['later', null, 100],
    ],
  );
  assert.deepEqual(read.warnings, ['2 profiles were left out: another one covers the same thread at the same time']);
});

test('a trace that Node itself wrote', (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, 'hot.cjs');
  const source = `const trace = require('node:trace_events').createTracing({ categories: ['disabled-by-default-v8.cpu_profiler', 'v8'] });
trace.enable();
function hot(n) { let s = 0; for (let i = 0; i < n; i++) s = Math.sqrt(s + i); return s; }
let turns = 200;
const turn = () => { hot(1e6); if (turns-- > 0) setImmediate(turn); else { trace.disable(); setTimeout(() => {}, 100); } };
setTimeout(turn, 20);`;
  writeFileSync(script, source);
  // on a busy machine V8 may take one sample and no more: then the program runs again
  for (let attempt = 1; ; attempt++) {
    execFileSync(nodeBinary(22), ['--trace-event-file-pattern', 'trace.json', script], {
      cwd: folder,
      timeout: 60_000,
    });
    const [hot] = rows(readFileSync(join(folder, 'trace.json')));
    if (hot === undefined && attempt < 5) continue;
    assert.deepEqual(hot?.slice(0, 3), ['hot', script, 3]);
    return;
  }
});

test('speedscope: threads of one unit, events, and what memwatch wrote itself', () => {
  const shared = { frames: [{ name: 'a', file: '/srv/app.js', line: 3, col: 1 }, { name: 'b' }] };
  const sampled = {
    type: 'sampled',
    name: 'one',
    unit: 'milliseconds',
    startValue: 0,
    endValue: 3,
    samples: [[0, 1], [0]],
    weights: [1, 2],
  };
  const events = [
    ['O', 0, 10],
    ['O', 1, 11],
    ['C', 1, 13],
    ['C', 0, 14],
  ].map(([type, frameIndex, at]) => ({ type, frame: frameIndex, at }));
  const evented = { type: 'evented', name: 'two', unit: 'milliseconds', startValue: 10, endValue: 14, events };
  assert.deepEqual(rows({ shared, profiles: [sampled] }), [
    ['a', '/srv/app.js', 3, 2000],
    ['b', null, null, 1000],
  ]);
  assert.deepEqual(rows({ shared, profiles: [evented] }), [
    ['a', '/srv/app.js', 3, 2000],
    ['b', null, null, 2000],
  ]);
  const both = { $schema: 'https://www.speedscope.app/file-format-schema.json', shared, profiles: [sampled, evented] };
  assert.deepEqual(rows(both), [
    ['a', '/srv/app.js', 3, 4000],
    ['b', null, null, 3000],
  ]);
  const late = events.map((one) => ({ ...one, at: Number(one.at) + 90 }));
  const gaps = [
    { ...evented, events: [...events, ...late] },
    { ...sampled, samples: [[], ...sampled.samples], weights: [50, ...sampled.weights] },
  ];
  assert.deepEqual(rows({ shared, profiles: gaps }), [
    ['a', '/srv/app.js', 3, 6000],
    ['b', null, null, 5000],
  ]);
  const bad = (change: object): object => ({ shared, profiles: [{ ...evented, ...change }] });
  const broken = { code: 'broken-file' };
  assert.throws(() => rows(bad({ events: events.slice(0, 2) })), broken);
  assert.throws(() => rows(bad({ events: events.toReversed() })), broken);
  assert.throws(() => rows(bad({ events: [{ type: 'O', frame: 7, at: 1 }] })), /frame 7 of 2/);
  const heads = {
    head: {
      callFrame: frame('(root)', -1),
      selfSize: 0,
      id: 1,
      children: [{ callFrame: frame('a', 2), selfSize: 64, id: 2, children: [] }],
    },
  };
  const ours = readProfile(bytesOf(writeSpeedscope(readProfile(bytesOf(heads)), 'app.heapprofile')));
  assert.deepEqual([ours.kind, ours.values.map(({ unit }) => unit)], ['allocations', ['bytes']]);
  assert.deepEqual(rows(writeSpeedscope(readProfile(bytesOf(both)), 'x')), rows(both));
});

test('perf script: samples by thread, symbols of V8, periods of clocks as time', () => {
  const text = `# captured on: today

node 10/10 [000] 5.000000: 1000000 cpu-clock:u:
\t    7f1 JS:*hot file:///srv/app.js:3:14 (/tmp/perf-10.map)
\t    9c2 uv_run+0x190 (/usr/bin/node)

V8 Worker 10/11 5.000100: 1000000 cpu-clock:u:
\t    7f2 [unknown] (/usr/lib/libc.so.6)

node 10/10 [000] 5.001000: 500000 cpu-clock:u:
\t    7f1 LazyCompile:~cold /srv/app.js:9 (/tmp/perf-10.map)

node 10/10 [000] 5.001000: 1 page-faults:
\t    7f1 main (/usr/bin/node)
`;
  assert.deepEqual(rows(text), [
    ['hot', '/srv/app.js', 3, 1000],
    ['[unknown] (/usr/lib/libc.so.6)', null, null, 1000],
    ['cold', '/srv/app.js', 9, 500],
  ]);
  assert.deepEqual(readProfile(bytesOf(text)).warnings, ['1 event of other kinds than cpu-clock:u was left out']);
  const counted = text.replaceAll(/\d+ cpu-clock:u/g, 'cycles').replaceAll('1 page-faults', 'cycles');
  const profile = readProfile(bytesOf(counted));
  assert.deepEqual([profile.values[0].unit, computeCostTable(profile).whole], ['count', 4]);
});

test('perf script without times, and frames without spaces before them, as older versions and awk leave them', () => {
  const text =
    'java 19983 cycles:\nffffffff8103d0ca safe ([kernel.kallsyms])\n7f7241 write(int) const (/usr/lib/libjvm.so)\n';
  assert.deepEqual(rows(text), [['safe', null, null, 1]]);
  assert.equal(readProfile(bytesOf(text)).durationUs, 0);
  assert.equal(nameFormat(bytesOf('total 19983 bytes:\nnothing else\n')), undefined);
});

test('long runs of spaces in what could be perf script do not keep memwatch busy for ever', () => {
  const spaces = ' '.repeat(200_000);
  for (const text of [`a 1 b:\n7f1${spaces}x\n`, `a${spaces}x\n`, `a 1 b:\n7f1 x${'('.repeat(200_000)}\n`])
    assert.equal(nameFormat(bytesOf(text)), undefined);
});

test('the tree of v8-profiler as cpuprofilify writes it, with lines and times as texts', () => {
  const head = treeNode(1, 'node', 0, 0, [{ ...treeNode(2, 'hot', 0, 4), lineNumber: '12' }]);
  assert.deepEqual(rows({ typeId: 'CPU cpu-clock', head, startTime: '10.5', endTime: '12.5', samples: [2, 2] }), [
    ['hot', '/srv/app.js', 12, 2e6],
  ]);
  assert.throws(() => rows({ head: { ...head, lineNumber: 'x' }, startTime: 1, endTime: 2 }), { code: 'broken-file' });
});

test('the JSON of --prof-process --preprocess', () => {
  const code = [
    { name: 'hot /srv/app.js:3:14', type: 'JS', kind: 'Opt' },
    { name: 'Add', type: 'CODE', kind: 'Builtin' },
    { name: 't uv_run', type: 'CPP' },
  ];
  const ticks = [
    { tm: 100, vm: 0, s: [1, 0, 0, 0, 2, 0] },
    { tm: 350, vm: 0, s: [0, 0, -1, 0, 4096, 0] },
    { tm: 360, vm: 0, s: [-1, 0] },
  ];
  assert.deepEqual(rows({ code, functions: [], ticks }), [
    ['hot', '/srv/app.js', 3, 250],
    ['(Builtin) Add', null, null, 100],
    ['(no stack)', null, null, 10],
  ]);
});

interface PprofStack {
  /** Pairs of a function's number and a line; function -1 has no symbol. */
  readonly stack: readonly (readonly [number, number])[];
  readonly value: readonly number[];
}
const pprofOf = (
  types: readonly (readonly [string, string])[],
  names: readonly string[],
  stacks: readonly PprofStack[],
): Uint8Array => {
  const stringTable = new StringTable();
  const locations: Location[] = [];
  const at = ([name, line]: readonly [number, number]): number =>
    locations.push(
      new Location({
        id: locations.length + 1,
        mappingId: 1,
        address: 0xabc0 + line,
        line: name < 0 ? [] : [new Line({ functionId: name + 1, line })],
      }),
    );
  const sample = stacks.map(({ stack, value }) => new Sample({ locationId: stack.map(at), value: [...value] }));
  return new Pprof({
    sampleType: types.map(
      ([type, unit]) => new ValueType({ type: stringTable.dedup(type), unit: stringTable.dedup(unit) }),
    ),
    sample,
    location: locations,
    mapping: [new Mapping({ id: 1, filename: stringTable.dedup('/usr/lib/libc.so.6') })],
    function: names.map(
      (name, index) =>
        new PprofFunction({
          id: index + 1,
          name: stringTable.dedup(name),
          filename: stringTable.dedup('/srv/app.js'),
          startLine: 0,
        }),
    ),
    stringTable,
  }).encode();
};

test('pprof: a function without a first line is one function; what has no symbol has its address; values may be negative', () => {
  const file = pprofOf(
    [
      ['samples', 'count'],
      ['wall', 'milliseconds'],
    ],
    ['fib', 'fib'],
    [
      { stack: [[0, 7]], value: [1, 2] },
      {
        stack: [
          [0, 5],
          [1, 6],
        ],
        value: [1, 3],
      },
      { stack: [[-1, 1]], value: [1, 4] },
      { stack: [], value: [1, 5] },
      { stack: [[-1, 2]], value: [-1, -6] },
    ],
  );
  const expected = [
    ['fib', '/srv/app.js', 5, 5000],
    ['(no stack)', null, null, 5000],
    ['[libc.so.6] 0xabc1', null, null, 4000],
    ['[libc.so.6] 0xabc2', null, null, -6000],
  ];
  assert.deepEqual(rows(file), expected);
  assert.deepEqual(rows(gzipSync(file)), expected);
  assert.deepEqual(
    rows(writePprof(readProfile(file))).map(([, , , self]) => self),
    expected.map(([, , , self]) => self),
  );
  const cut = file.subarray(0, file.length - 3);
  assert.throws(
    () => readProfile(cut),
    (error: MemwatchError) => error.code === 'broken-file' && /at byte \d+ of \d+/.test(error.message),
  );
});

test('pprof: ids of 64 bits stay apart, and fields that newer versions define are skipped and counted', () => {
  const stringTable = new StringTable();
  const names = ['wall', 'nanoseconds', 'one', 'two'].map((name) => stringTable.dedup(name));
  const base = 2n ** 63n;
  const ids = [base + 1n, base + 2n];
  const file = new Pprof({
    sampleType: [ValueType.create({ type: names[0], unit: names[1] })],
    sample: ids.map((id, at) => new Sample({ locationId: [id], value: [(at + 1) * 1000] })),
    location: ids.map((id) => new Location({ id, line: [new Line({ functionId: id, line: 1 })] })),
    function: ids.map((id, at) => new PprofFunction({ id, name: names[2 + at] })),
    stringTable,
  }).encode();
  const expected = [
    ['two', null, null, 2],
    ['one', null, null, 1],
  ];
  assert.deepEqual(rows(file), expected);
  // field 9 with 64 bits, 100 with 32 bits, 200 with a text; below, field 30 with a text inside a sample
  const unknown = [0x49, 1, 2, 3, 4, 5, 6, 7, 8, 0xa5, 6, 1, 2, 3, 4, 0xc2, 12, 2, 65, 65];
  for (const odd of [Buffer.from([...unknown, ...file]), Buffer.from([...file, ...unknown])]) {
    assert.deepEqual(rows(odd), expected);
    assert.deepEqual(readProfile(odd).warnings, ["3 fields that pprof's format does not define were skipped"]);
  }
  const first = file.indexOf(0x12);
  const size = file[first + 1] ?? 0;
  const inside = [0x12, size + 4, ...file.subarray(first + 2, first + 2 + size), 0xf2, 1, 1, 65];
  const deep = Buffer.from([...file.subarray(0, first), ...inside, ...file.subarray(first + 2 + size)]);
  assert.deepEqual(rows(deep), expected);
  assert.deepEqual(readProfile(deep).warnings, ["a field that pprof's format does not define was skipped"]);
});

test('collapsed: bad lines are skipped and counted, fractions and negative values are read, the unit is kept', () => {
  const text = '# a comment\n#priv;a 2.5\na -1\nno stack\nb 1e3\r\n';
  assert.deepEqual(rows(text), [
    ['b', null, null, 1000],
    ['a', null, null, 1.5],
  ]);
  assert.deepEqual(readProfile(bytesOf(text)).warnings, ['line 4 is not a stack and was skipped']);
  const tooLarge = readProfile(bytesOf('a;b 5\na;c 1e999\n'));
  assert.deepEqual(tooLarge.warnings, ['line 2 is not a stack and was skipped']);
  assert.deepEqual(
    tooLarge.values[0].self.reduce((sum, value) => sum + value, 0),
    5,
  );
  for (const encoding of ['utf16le', 'utf-8'] as const)
    assert.deepEqual(rows(Buffer.from(`\ufeffa;b 5\n`, encoding)), [['b', null, null, 5]]);
  assert.throws(() => rows('one\ntwo\nthree 3\n'), { code: 'not-this-format' });
  for (const unit of ['microseconds', 'bytes'] as const) {
    const profile = readProfile(
      bytesOf({
        shared: { frames: [{ name: 'a' }] },
        profiles: [{ type: 'sampled', name: '', unit, samples: [[0]], weights: [7] }],
      }),
    );
    const again = readProfile(bytesOf(writeCollapsed(profile)));
    assert.deepEqual([again.kind, again.values[0].unit, again.values[0].self[0]], [profile.kind, unit, 7]);
  }
  for (const [unit, weights, expected] of [
    ['nanoseconds', [3, 400, 1500], '# unit: nanoseconds\na 3\nb 400\nc 1500\n'],
    ['microseconds', [2, 30, 1], '# unit: microseconds\na 2\nb 30\nc 1\n'],
    ['none', [0.25, 2, 0.5], 'a 0.25\nb 2\nc 0.5\n'],
  ] as const) {
    const frames = ['a', 'b', 'c'].map((name) => ({ name }));
    const one = { type: 'sampled', name: '', unit, samples: [[0], [1], [2]], weights };
    const profile = readProfile(bytesOf({ shared: { frames }, profiles: [one] }));
    assert.equal(writeCollapsed(profile), expected);
    assert.deepEqual([...readProfile(bytesOf(expected)).values[0].self], [...profile.values[0].self]);
  }
});

test('a broken file is distinguished from another kind, with the byte where it ends', () => {
  const text = JSON.stringify({ naïve: '…', nodes: [], startTime: 0 });
  const brokenAt = (file: Uint8Array | string): unknown => {
    try {
      return readProfile(Buffer.from(file));
    } catch (error) {
      return (error as MemwatchError).code === 'broken-file' && /at byte (\d+)/.exec((error as Error).message)?.[1];
    }
  };
  assert.equal(brokenAt(text.slice(0, 20)), String(Buffer.byteLength(text.slice(0, 20))));
  assert.equal(brokenAt('{"a":"ä", x}'), '11');
  assert.throws(() => readProfile(gzipSync(bytesOf('a 1\n')).subarray(0, 15)), { code: 'broken-file' });
  for (const nodes of [[null], [{ id: 1 }]])
    assert.throws(() => rows({ nodes, startTime: 0 }), { code: 'broken-file' });
});

const foreign: readonly (readonly [RegExp, string | object])[] = [
  [/heap snapshot$/, '{"snapshot":{"meta":{}},"nodes":[]}'],
  [/result that memwatch printed/, { schema: 'memwatch/heap@1' }],
  [/Hermes/, { traceEvents: [], samples: [], stackFrames: { 1: { category: 'root' }, 2: { funcLine: '1' } } }],
  [/Hermes/, [{ ph: 'B', args: { allocatedCategory: 'JavaScript' } }]],
  [/trace of events without a CPU profile/, { traceEvents: [{ ph: 'B', name: 'a', ts: 1 }] }],
  [
    /trace of events without a CPU profile/,
    { traceEvents: [{ ph: 'B', sf: 1 }], stackFrames: { 1: { category: 'libc', name: 'malloc' } } },
  ],
  [
    /a model that VS Code made/,
    { nodes: [{ id: 0, selfTime: 0 }], locations: [{ id: 0 }], samples: [0], timeDeltas: [1], duration: 1 },
  ],
  [/Safari \(JavaScriptCore\)$/, { version: 1, recording: {} }],
  [
    /JavaScriptCore \(Safari, Bun\)/,
    { version: 2, type: 'Inspector', nodes: [0], nodeClassNames: [], edges: [], edgeTypes: [], edgeNames: [] },
  ],
  [/Firefox/, { meta: {}, libs: [], threads: [] }],
  [/stackprof/, { mode: 'wall', frames: {}, samples: 1 }],
  [/Haskell/, { rts_arguments: [] }],
  [/node --prof$/, 'v8-version,12,4,254,21,0\n'],
  [/callgrind/, '# callgrind format\nevents: Ir\nfn=a\n1 2\n'],
  [/Instruments/, 'Weight\tSelf Weight\t\tSymbol Name\n'],
  [/pmcstat/, '@ inst_retired.any [35705 samples]\n\n20.86%  [7447]     a\n'],
  [/legacy/, 'heap profile:      1:      8 [     1:      8] @ heap/1\n'],
  [/Java Flight Recorder/, 'FLR\u0000\u0002'],
  [/a lockfile/, { lockfileVersion: 3, packages: {} }],
  [/a lockfile/, '# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n\n\na@1:\n  version "1.0.0"\n'],
  [/DTrace/, 'node 86454 1810: profile-1ms:\n              node`v8::internal::Run(int)+0x1\n'],
  [/Bubbleprof/, '{"data":[{"clusterId":1}]}'],
  [/a report of pprof/, 'File: server\nType: cpu\nShowing nodes accounting for 1s, 100% of 1s total\n'],
  [/perf record/, 'PERFILE2\u0000'],
  [/diagnostic report of Node/, { header: { reportVersion: 5 }, javascriptStack: {}, libuv: [] }],
  [/coverage of V8/, { result: [{ scriptId: '1', url: 'node:fs', functions: [] }], timestamp: 1 }],
  [/Perfetto/, '\n\u0002\u0008\u0001'.repeat(3)],
  [/Perfetto/, '\n\u0002\u0008\u0001'.repeat(40)],
  [/zip/, 'PK\u0003\u0004\u0014\u0000'],
];

test('tables and settings with a number at the end of each line are no collapsed stacks', () => {
  for (const text of [
    'time, cpu, heap\n1533, 1.2, 77\n1534, 1.3, 79\n',
    'timeout: 100\nbranches: 95\n',
    'a:\n  b: 1\nc: 2\n',
  ])
    assert.throws(() => readProfile(bytesOf(text)), { code: 'not-this-format' }, text);
  assert.deepEqual(rows('main;x::operator, 5\n'), [['x::operator,', null, null, 5]]);
});

test('files of other kinds are refused by their right name', () => {
  for (const [name, file] of foreign) {
    assert.match(nameFormat(bytesOf(file))?.name ?? '', name);
    assert.throws(() => readProfile(bytesOf(file)), { code: 'not-this-format' });
  }
  for (const text of ['', 'hello\n', '{}', '[]', '{"a":1}', '\u0000\u0001\u0002'])
    assert.throws(() => readProfile(bytesOf(text)), { code: 'not-this-format' }, JSON.stringify(text));
});
