/** The search by snapshots on drawn heaps: how many rounds it makes, what it follows meanwhile, what it leaves behind. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { MemwatchError } from '#memwatch/errors.js';
import { createCaptures, type SearchOptions } from '#memwatch/leaks/search-captures.js';
import { searchHeap } from '#memwatch/leaks/search.js';
import type { Looking } from '#memwatch/leaks/watch-notes.js';
import { drawAttachment, drawSession, valueOf } from '../support/drawn-session.js';
import { drawRound, upTo } from '../support/drawn-growth.js';
import { temporaryFolder } from '../support/targets.js';
import { processReading, watchedTarget } from '../support/watched.js';

const options: SearchOptions = {
  rounds: 3,
  suspectedRounds: 3,
  byTime: false,
  force: true,
  untilMs: Infinity,
  keep: undefined,
};

/** A cache that has so many entries at each snapshot. */
const cacheOf = (entries: number): string =>
  `global -cache-> Map cache 32\ncache -internal:table-> table:array 4000\n${upTo(entries, (i) => `table -#${i}-> Session s${i} 100`)}`;

interface Made {
  readonly heapAt: (k: number) => string;
  /** Sizes of the container @99 after each snapshot. */
  readonly sizeAt?: (round: number) => number;
}

/** A target whose heap is drawn again for each snapshot. */
const createTarget = ({ heapAt, sizeAt = () => 0 }: Made) => {
  const done = { snapshots: 0, rounds: 0, read: 0, compared: 0 };
  const frame = {
    functionName: 'add',
    scriptId: '1',
    url: 'file:///srv/app/cache.mjs',
    lineNumber: 4,
    columnNumber: 2,
  };
  const site = { callFrame: frame, selfSize: 9000, id: 2, children: [] };
  const drawn = drawSession({
    'Runtime.evaluate': () => valueOf({ usedBytes: 5e6, largeBytes: 0 }),
    'Runtime.callFunctionOn': () => valueOf({ startMs: performance.now(), endMs: performance.now() }), // the pause of a snapshot
    'HeapProfiler.takeHeapSnapshot': () => {
      drawn.emit('HeapProfiler.addHeapSnapshotChunk', { chunk: drawRound(heapAt(done.snapshots++)).bytes.toString('latin1') }); // prettier-ignore
    },
    'HeapProfiler.stopSampling': () => ({ profile: { head: { ...site, selfSize: 0, id: 1, children: [site] } } }),
  });
  const sizes = async () =>
    [sizeAt(done.read++)].filter((size) => size >= 0).map((size) => ({ id: 1, size, heapId: 99 }));
  const looking: Looking = {
    attachment: drawAttachment(drawn.session),
    census: { count: () => Promise.reject(new Error('not counted')), sizes, close: async () => {} },
    readings: { lastMs: 1, read: async () => processReading({ heapUsedBytes: 5e6 + done.rounds }) },
    round: async () => void done.rounds++,
    io: {
      signal: new AbortController().signal,
      progress: (text) => void (text.startsWith('4/4 computing') && done.compared++),
      warn: () => {},
    },
    collects: true,
  };
  return { looking, done, drawn };
};

const rising = (values: object) =>
  watchedTarget(undefined, {
    gate: { readings: [], rising: { heap: false, external: false, classes: [], containers: [], ...values }, sites: [] },
  });

test('a cache that gains in every round is a leak after the rounds that were asked for, with where it is allocated', async () => {
  const { looking, done } = createTarget({ heapAt: (k) => cacheOf(10 * (k + 1)) });
  const { report, readings } = await searchHeap(looking, watchedTarget(), options);
  assert.deepEqual([report.verdict, report.snapshots, report.rounds], ['leak', 4, 3]);
  assert.deepEqual([done.snapshots, done.rounds, done.compared], [4, 3, 2], 'compared after the second round, too');
  const [finding] = report.findings;
  assert.deepEqual([finding?.kind, finding?.countPerRound, finding?.history], ['map', 10, [10, 20, 30, 40]]);
  const { file, line, bytes } = finding?.allocationSites[0] ?? {};
  assert.deepEqual([file, line, bytes], ['/srv/app/cache.mjs', 5, 9000]);
  assert.deepEqual(
    readings.map(({ heapUsedBytes }) => heapUsedBytes - 5e6),
    [1, 2, 3],
    'the process is read at the end of each round',
  );
});

test('if nothing grows, three snapshots are enough; kept ones are named in order, each with its scripts', async (t) => {
  const keep = temporaryFolder(t);
  const { looking, done, drawn } = createTarget({ heapAt: () => cacheOf(10) });
  const { report, heapSeen } = await searchHeap(looking, watchedTarget(), { ...options, keep });
  assert.deepEqual([report.verdict, done.snapshots, done.rounds], ['clean', 3, 2]);
  assert.deepEqual([heapSeen?.slope.estimate, heapSeen?.slope.high], [0, 0]);
  const names = ['01', '02', '03'].flatMap((at) => [`${at}.heapsnapshot`, `${at}.heapsnapshot.scripts.json`]);
  assert.deepEqual(readdirSync(keep).toSorted(), names);
  // survivors are sampled from the first snapshot to the last
  const steps = drawn.sent.filter((one) => /takeHeapSnapshot|Sampling/.test(one)).map((one) => one.split('.')[1]);
  assert.deepEqual(steps, ['takeHeapSnapshot', 'startSampling', 'takeHeapSnapshot', 'takeHeapSnapshot', 'stopSampling']); // prettier-ignore
});

test('what rose before and rises in two more rounds is a leak where snapshots are expensive; two rounds do not clear it', async () => {
  const suspected = rising({ heap: true, classes: [{ name: 'Session', history: [1, 2, 3, 4, 5] }] });
  const search = async (heapAt: (k: number) => string, watched = suspected) => {
    const { looking, done } = createTarget({ heapAt });
    const { report } = await searchHeap(looking, watched, { ...options, suspectedRounds: 2 });
    return [report.verdict, done.snapshots];
  };
  const grows = (k: number): string => cacheOf(10 * (k + 1));
  assert.deepEqual(await search(grows), ['leak', 3]);
  assert.deepEqual(await search(() => cacheOf(10)), ['clean', 4]);
  assert.deepEqual(await search(grows, watchedTarget()), ['leak', 4], 'nothing rose before');
});

test('an error in a round ends the search, and its folder is removed', async (t) => {
  const { looking, done } = createTarget({ heapAt: () => cacheOf(10) });
  const mine = new MemwatchError('disconnected', 'process 4242 ended');
  const round = async (): Promise<void> => {
    throw mine;
  };
  const usual = process.env['TMPDIR'];
  const temporary = temporaryFolder(t);
  process.env['TMPDIR'] = temporary;
  try {
    await assert.rejects(searchHeap({ ...looking, round }, watchedTarget(), options), (error) => error === mine);
  } finally {
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
  }
  assert.deepEqual([done.snapshots, readdirSync(temporary)], [1, []]);
});

test('memory that runs short ends the search with what three snapshots show; with fewer it is an error', async () => {
  const mine = new MemwatchError('no-room', 'the host has 1 GB left');
  const short = (after: number) => {
    const { looking, done } = createTarget({ heapAt: (k) => cacheOf(10 * (k + 1)) });
    const read = () => (done.rounds > after ? Promise.reject(mine) : Promise.resolve(processReading()));
    return searchHeap({ ...looking, readings: { lastMs: 1, read } }, watchedTarget(), options);
  };
  const { report, cut } = await short(2);
  assert.deepEqual([report.verdict, report.snapshots, cut?.why], ['leak', 3, 'it could not go on (the host has 1 GB left)']); // prettier-ignore
  await assert.rejects(short(1), (error) => error === mine);
});

test('a target whose heap and classes rose is compared once, after all rounds: fewer would not clear it', async () => {
  const { looking, done } = createTarget({ heapAt: (k) => cacheOf(10 * (k + 1)) });
  await searchHeap(looking, rising({ heap: true, classes: [{ name: 'Session', history: [0, 10, 20] }] }), options);
  assert.deepEqual([done.snapshots, done.compared], [4, 1]);
});

test('what grows, but less each time, gets four more rounds to stop', async () => {
  const sizes = [10, 60, 90, 108, 119, 126, 130, 133];
  const { looking, done } = createTarget({ heapAt: (k) => cacheOf(sizes[k] ?? 133) });
  const { report } = await searchHeap(looking, watchedTarget(), options);
  assert.equal(report.verdict, 'inconclusive');
  assert.deepEqual([done.rounds, done.snapshots], [7, 8]);
});

test('when the time is over no rounds are added, but the ones that were asked for are made', async () => {
  const sizes = [10, 60, 90, 108, 119, 126, 130, 133];
  const { looking, done } = createTarget({ heapAt: (k) => cacheOf(sizes[k] ?? 133) });
  const { report } = await searchHeap(looking, watchedTarget(), { ...options, untilMs: 0 });
  assert.deepEqual([report.verdict, done.snapshots], ['inconclusive', 4]);
});

test('a Set that rose in the gate is followed, and is a finding by its sizes if it goes on', async () => {
  const set = 'global -seen-> Set seen 16\nseen -internal:table-> slots:array 4000';
  const heapId = drawRound(set).graph.nodeId[drawRound(set).node('seen')];
  const container = { id: 1, kind: 'Set', size: 300, delta: 100, heapId };
  const gate = { containers: [{ container, history: [100, 200, 300] }] };
  const found = async (sizeAt: (count: number) => number) => {
    const { looking, done } = createTarget({ heapAt: () => set, sizeAt });
    const census = {
      ...looking.census,
      sizes: async (ids: readonly number[]) =>
        (await looking.census.sizes(ids)).map((one) => ({ ...one, heapId: heapId ?? null })),
    };
    const { report } = await searchHeap({ ...looking, census }, rising(gate), options);
    return { report, done };
  };
  const growing = await found((count) => 400 + 100 * count);
  assert.deepEqual(growing.report.findings.map(({ kind, countPerRound }) => [kind, countPerRound]), [['set', 100]]); // prettier-ignore
  const [{ history = [] } = {}] = growing.report.findings;
  assert.deepEqual(history.slice(0, 4), [100, 200, 300, 400], 'the counts of the gate come first');
  const gone = await found(() => -1);
  assert.deepEqual([gone.report.findings, gone.done.read], [[], 1], 'what is gone is not read again');
});

test('what stayed of each round bounds the growth of the heap; the last round has not shown yet what stays', async (t) => {
  const { looking } = createTarget({ heapAt: (k) => cacheOf([2, 4, 4, 9][k] ?? 9) });
  const captures = createCaptures(temporaryFolder(t), looking, watchedTarget(), options);
  await captures.first();
  for (let round = 0; round < 3; round++) await captures.next();
  const { heapSeen } = await captures.compare();
  const ms = heapSeen?.ms ?? 0;
  // two sessions of 100 bytes in the first round, none in the second
  assert.ok(ms > 0 && Math.abs((heapSeen?.slope.estimate ?? 0) - (1000 * 200) / ms) < 1e-6);
  assert.ok((heapSeen?.slope.high ?? 0) >= (heapSeen?.slope.estimate ?? 0));
  assert.deepEqual([captures.files.length, captures.readings.length], [4, 3]);
});
