/** The watch of a target on made-up readings and counts: when it ends, and what it knows then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachment } from '#memwatch/agent/attach/attach.js';
import { risesEvenly } from '#memwatch/analyzer/growth/readings/gate.js';
import { leakReport } from '#memwatch/analyzer/growth/verdict.js';
import { watchedMs } from '#memwatch/analyzer/growth/watch-report.js';
import type { CensusReading } from '#memwatch/analyzer/model/census.js';
import { MemwatchError } from '#memwatch/errors.js';
import { withoutCounts } from '#memwatch/leaks/uncounted.js';
import { createNotes, type Looking } from '#memwatch/leaks/watch-notes.js';
import { expectedGrowth, watchTarget, type WatchOptions } from '#memwatch/leaks/watch.js';
import { gateReading, processReading } from '../support/watched.js';

const allowedMs = 60_000;
const options: WatchOptions = { gateRounds: 2, endsOn: 'rise', sampled: false, allowedMs };

interface Made {
  readonly sessionsAt?: (count: number) => number;
  readonly filesAt?: (second: number) => number;
  readonly heapAt?: (second: number) => number;
  readonly rssAt?: (second: number) => number;
  readonly collects?: boolean;
  /** The round with this number fails. */
  readonly fails?: { readonly round: number; readonly error: Error };
}

/** A target whose every reading comes a second after the one before. */
const createTarget = ({
  sessionsAt = () => 5,
  filesAt = () => 20,
  heapAt = () => 4e6,
  rssAt,
  collects = true,
  fails,
}: Made = {}) => {
  const interrupted = new AbortController();
  const warnings: string[] = [];
  const done = { readings: 0, counts: 0, rounds: 0 };
  const looking: Looking = {
    attachment: { pid: undefined } as Attachment,
    census: {
      count: async () => gateReading(0, 0, { Session: sessionsAt(done.counts++) }).census,
      sizes: () => Promise.resolve([]),
      close: async () => {},
    },
    readings: {
      lastMs: 1,
      read: async () => {
        const second = done.readings++;
        return processReading({
          atMs: second * 1000,
          fileDescriptors: filesAt(second),
          heapUsedBytes: heapAt(second),
          ...(rssAt && { rssBytes: rssAt(second) }),
        });
      },
    },
    round: async () => {
      if (++done.rounds === fails?.round) throw fails.error;
    },
    io: { signal: interrupted.signal, progress: () => {}, warn: (text) => void warnings.push(text) },
    collects,
  };
  return { looking, done, warnings, interrupted };
};

test('a watch ends as soon as a class rises in every round, but not before the rounds of the gate', async () => {
  const leak = { sessionsAt: (count: number) => 100 * count };
  const { looking, done } = createTarget(leak);
  const { end, rounds, gate } = await watchTarget(looking, options);
  assert.deepEqual([end, rounds, done.rounds], ['rises', 2, 2]);
  assert.deepEqual(gate.rising.classes, [{ name: 'Session', history: [0, 100, 200] }]);
  const uneven = { sessionsAt: (count: number) => 100 * count + (count % 2) * 40 };
  const roundsOf = async (of: typeof leak, more: Partial<WatchOptions>): Promise<number> =>
    (await watchTarget(createTarget(of).looking, { ...options, ...more })).rounds;
  assert.equal(await roundsOf(uneven, { gateRounds: 4 }), 4);
  assert.equal(await roundsOf(leak, { gateRounds: 4 }), 3, 'what rises evenly needs a round less');
});

test('a round of warm-up counts if something rises in it as it does in the next; else what is known begins after it', async () => {
  const warming = { ...options, warmsUp: true };
  const leak = createTarget({ sessionsAt: (count) => 100 * count });
  const even = await watchTarget(leak.looking, warming);
  assert.deepEqual([even.end, even.rounds, leak.done.rounds, risesEvenly(even.gate.rising)], ['rises', 2, 2, true]);

  const atStart = [0, 500, 600, 700, 800];
  const starting = createTarget({ sessionsAt: (count) => atStart[count] ?? 900 });
  const { end, rounds, gate, readings, roundReadings } = await watchTarget(starting.looking, warming);
  assert.deepEqual([end, rounds, starting.done.rounds], ['rises', 2, 3]);
  assert.deepEqual(gate.rising.classes, [{ name: 'Session', history: [500, 600, 700] }]);
  assert.deepEqual([readings[0], roundReadings.length], [roundReadings[0], 3]);

  const filled = createTarget({ sessionsAt: (count) => [0, 500][count] ?? 600 });
  assert.equal((await watchTarget(filled.looking, warming)).end, 'known');
});

test('a heap that rises alone ends the watch once its readings prove that it rises', async () => {
  const { end, rounds } = await watchTarget(
    createTarget({ heapAt: (second) => 4e6 + 20_000 * second }).looking,
    options,
  );
  assert.ok(end === 'rises' && rounds < 10, `${end} after ${rounds} rounds`);
});

test('a few objects that rise end the watch only if memory rises with them', async () => {
  const sessionsAt = (count: number): number => 10 * count;
  const rising = createTarget({ sessionsAt, heapAt: (second) => 4e6 + 20_000 * second });
  assert.equal((await watchTarget(rising.looking, options)).rounds, 2);
  assert.ok((await watchTarget(createTarget({ sessionsAt }).looking, options)).rounds > 10);
});

test('a heap or a few objects that rise alone, or objects that come more and more slowly, are searched only if they still rise at the first look', async () => {
  const warming = { heapAt: (second: number) => 4e6 + 40_000 * Math.min(3, second) };
  const filled = { sessionsAt: (count: number) => [5, 1000, 1100][Math.min(2, count)] ?? 0 };
  const few = { sessionsAt: (count: number) => Math.min(3, count) * 4 };
  for (const made of [warming, few, { ...filled, ...warming }])
    assert.ok((await watchTarget(createTarget(made).looking, options)).rounds > 10);
});

test('a heap that creeps is not searched until native memory is known, or the time is over', async () => {
  const made = {
    heapAt: (second: number) => 4e6 + 2000 * second,
    rssAt: (second: number) => 1e8 + (second % 20 < 10 ? 0 : 40e6),
  };
  const watched = await watchTarget(createTarget(made).looking, options);
  assert.equal(watched.end, 'creeps');
  assert.ok(watchedMs(watched) >= allowedMs, `${watchedMs(watched)} ms`);
});

test('after a search, native memory that was not excluded before stays open, and what was excluded stays so', async () => {
  const { looking } = createTarget();
  const { known } = await watchTarget(looking, options);
  const open = known.map((one) => ({ ...one, state: 'open' as const }));
  const later = async (before: typeof known): Promise<typeof known> => {
    const again = createTarget().looking;
    const kept = { known: before, keptBytes: 50e6 };
    return (await watchTarget(again, { ...options, endsOn: 'proof', before: kept })).known;
  };
  assert.deepEqual((await later(open)).filter(({ state }) => state !== 'excluded').map(({ of }) => of), ['native memory']); // prettier-ignore
  assert.ok((await later(known)).every(({ state }) => state === 'excluded'));
});

test('a target that does not grow is watched until everything is known', async () => {
  const { looking, warnings } = createTarget();
  const watched = await watchTarget(looking, options);
  assert.equal(watched.end, 'known');
  assert.ok(watched.known.every(({ state }) => state === 'excluded'));
  assert.equal(watched.roundReadings.length, watched.rounds + 1);
  assert.deepEqual([watched.descriptors, warnings], [[], []]);
});

test('what is proved to grow outside the heap ends the watch, also after a search that found nothing', async () => {
  for (const endsOn of ['rise', 'late rise', 'proof'] as const) {
    const { looking } = createTarget({ filesAt: (second) => 20 + 50 * second });
    const { end, known } = await watchTarget(looking, { ...options, endsOn });
    assert.equal(end, 'grows');
    assert.ok(known.some(({ of, state }) => of === 'file descriptors' && state === 'grows'));
  }
});

test('what rises is no reason to end the watch after a search that found nothing', async () => {
  const { looking } = createTarget({ sessionsAt: (count) => 100 * count });
  assert.equal((await watchTarget(looking, { ...options, endsOn: 'proof' })).end, 'known');
});

test('Ctrl-C ends a watch with what is known; any other error is the caller’s', async () => {
  const error = new MemwatchError('interrupted', 'interrupted');
  const stopped = createTarget({ fails: { round: 3, error } });
  stopped.interrupted.abort();
  const watched = await watchTarget(stopped.looking, options);
  assert.deepEqual([watched.end, watched.rounds], ['cut', 3]);
  const mine = new RangeError('mine');
  const failing = createTarget({ fails: { round: 1, error: mine } });
  await assert.rejects(watchTarget(failing.looking, options), (thrown) => thrown === mine);
});

test('objects are counted at the start, in the rounds of the gate, and then less and less often', async () => {
  const { looking, done } = createTarget();
  const notes = await createNotes(looking, allowedMs);
  assert.equal(done.counts, 1);
  await notes.endRound(true);
  await notes.endRound(true);
  assert.equal(done.counts, 3);
  for (let round = 0; round < 20; round++) await notes.endRound(false);
  assert.ok(done.counts > 3 && done.counts < 10, `${done.counts} counts in 23 rounds`);
  assert.equal(notes.roundReadings.length, 23);
});

test('without collections nothing is known of the heap, only of counts and native memory', async () => {
  const { looking } = createTarget({ collects: false });
  const notes = await createNotes(looking, allowedMs);
  for (let look = 0; look < 3; look++) await notes.look();
  const names = notes.watch().known.map(({ of }) => of);
  assert.ok(names.includes('native memory') && names.includes('file descriptors'), names.join());
  assert.ok(!names.includes('JavaScript heap'));
});

test('a worker that does not answer is named once, at the start', async () => {
  const { looking, warnings } = createTarget();
  const silent = {
    id: '3',
    title: '[worker 3] queue',
    heapUsedBytes: null,
    heapTotalBytes: null,
    silence: 'it is busy',
  };
  const readings = { ...looking.readings, read: async () => processReading({ workers: [silent] }) };
  const notes = await createNotes({ ...looking, readings }, allowedMs);
  await notes.endRound(false);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^\[worker 3\] queue does not answer \(it is busy\): its heap is not checked$/);
});

test('the growth that is expected is that of the rounds so far', () => {
  assert.equal(expectedGrowth([100, 150, 200], 4), 200);
  assert.deepEqual([expectedGrowth([], 4), expectedGrowth([100], 4)], [0, 0]);
});

test('a report without counts proves nothing, and names what was allocated and stayed, most first', () => {
  const empty: CensusReading = { classes: [], containers: [], pauseUs: 0 };
  const readings = [1e6, 2e6, 3e6].map((heapBytes, i) => ({ ...gateReading(i, heapBytes, {}), census: empty }));
  const frame = (name: string, url: string) => ({ function: name, scriptId: '1', url, line: 4, column: 0 });
  const sites = [
    { stack: [frame('emit', 'node:events'), frame('load', 'file:///app/load.js')], bytes: 1000 },
    { stack: [frame('', 'file:///app/cache.js')], bytes: 5_000_000 },
    { stack: [frame('emit', 'node:events')], bytes: 9_000_000 },
  ];
  const rising = { heap: true, external: false, classes: [], containers: [] };
  const start = leakReport({ verdict: 'clean', reasons: [], evidence: 'census', rounds: 2, heapBytes: [] });
  const report = withoutCounts(start, { readings, rising, sites }, undefined);
  assert.equal(report.verdict, 'inconclusive');
  assert.deepEqual(report.reasons, [
    'the collected heap rose in each of 2 rounds: 977 KB → 1.91 MB → 2.86 MB',
    'objects were not counted, so what grows and what retains it is unknown',
    'about 4.77 MB that stayed were allocated by (anonymous) (/app/cache.js:5)',
    'about 0.98 KB that stayed were allocated by load (/app/load.js:5)',
  ]);
  const uncollected = withoutCounts(start, { readings, rising, sites: [] }, undefined, false);
  assert.match(uncollected.reasons[0] ?? '', /^garbage was not collected/);
});
