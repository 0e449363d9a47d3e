/** The judge on made-up subjects: what it decides, and how much it asks of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CounterReading } from '#memwatch/analyzer/model/check.js';
import type { Bounded, Finding } from '#memwatch/analyzer/model/finding.js';
import { judge, type Judgement } from '#memwatch/leaks/judge.js';
import { callsOfLongRound, gainPerCall } from '#memwatch/leaks/round-size.js';
import type { Growth, Subject } from '#memwatch/leaks/subject.js';
import { finding, reading } from '../support/check-report.js';

interface Made {
  readonly judgement: Judgement;
  readonly calls: number;
  /** Entries gained per call in each round, whenever the analysis was asked. */
  readonly rates: readonly number[];
}

interface Limits {
  /** Growth is bounded by the code. */
  readonly bounded?: Bounded;
  /** The body throws after this many calls. */
  readonly endsAfter?: number;
  readonly signal?: AbortSignal;
}

const bytesPerEntry = 100;

/** Judges a body that keeps `entriesAfter(calls)` objects; the analysis sees them or, if `unseen`, nothing at all. */
const judgeBody = async (entriesAfter: (calls: number) => number, unseen = false, limits: Limits = {}): Promise<Made> =>
  judgeReadings(
    (calls) => ({ heapUsedBytes: 5_000_000 + bytesPerEntry * entriesAfter(calls) }),
    unseen ? () => 0 : entriesAfter,
    limits,
  );

/** Judges a body by the counters after this many calls, and by the objects that a snapshot shows. */
const judgeReadings = async (
  readingAfter: (calls: number) => Partial<CounterReading>,
  entriesAfter: (calls: number) => number = () => 0,
  { bounded, endsAfter = Infinity, signal }: Limits = {},
): Promise<Made> => {
  let calls = 0;
  const rates: number[] = [];
  const scripts = { schema: 'memwatch/scripts@1', nodeVersion: 'v20.0.0', scripts: [] } as const;
  const subject: Subject = {
    step: null,
    body: null,
    run: async (iterations) => {
      calls += iterations;
      signal?.throwIfAborted();
      if (calls >= endsAfter) throw new Error('no time is left');
      return { iterations, durationUs: iterations * 2 };
    },
    rest: async () => {},
    read: async () => reading(readingAfter(calls)),
    snapshot: async () => (seen.push(entriesAfter(calls)), scripts),
    startSampling: async () => {},
    survivors: async () => [],
    openings: async () => [],
  };
  const seen: number[] = [];
  const growth = async (work: readonly number[]): Promise<Growth> => {
    rates.push(...work.map((one, i) => (seen[i + 1] - seen[i]) / one));
    const { growing, ...rest } = growthOf(seen, work);
    return { ...rest, growing: growing.map((one) => ({ ...one, bounded })) };
  };
  const judgement = await judge(subject, { add: () => {}, growth }, { watchMs: 3000, folder: '/nowhere', signal });
  return { judgement, calls, rates };
};

const nothing: Growth = { growing: [], slowing: [], place: null };

const growthOf = (seen: readonly number[], work: readonly number[]): Growth => {
  const rates = work.map((calls, i) => (seen[i + 1] - seen[i]) / calls);
  if (Math.min(...rates) <= 0) return nothing;
  const bytesPerRound = ((seen.at(-1) ?? 0) - seen[0]) * (bytesPerEntry / work.length);
  const grows = finding({ bytesPerRound }) as Finding;
  const slows = (rates.at(-1) ?? 0) < 0.3 * rates[0];
  return slows ? { ...nothing, slowing: ['a cache'] } : { ...nothing, growing: [grows] };
};

test('what gains with every call and goes on is a leak, with no snapshot of all that it gained', async () => {
  const { judgement, calls } = await judgeBody((made) => made);
  assert.equal(judgement.verdict, 'leak');
  assert.equal(judgement.snapshots, 4);
  assert.match(judgement.reasons.join('\n'), /it grew for 671088 more calls without reaching a bound: 64\.0 MB gained/);
  assert.ok(calls > 600_000);
});

test('a cache with a bound far above the rounds is seen to level off', async () => {
  for (const bound of [15_000, 60_000, 200_000]) {
    const { judgement } = await judgeBody((made) => Math.min(made, bound));
    assert.equal(judgement.verdict, 'clean', `${bound}: ${judgement.reasons.join('\n')}`);
  }
});

test('one object in ten calls is a leak: a bound is not taken for granted', async () => {
  const { judgement } = await judgeBody((made) => Math.floor(made / 10));
  assert.equal(judgement.verdict, 'leak');
});

test('a heap that rises with the calls is a leak even if no object shows it', async () => {
  const { judgement } = await judgeBody((made) => made, true);
  assert.equal(judgement.verdict, 'leak');
  assert.equal(judgement.findings[0]?.signature, 'native: JavaScript heap');
  const filled = await judgeBody((made) => Math.min(made, 17_000), true);
  assert.equal(filled.judgement.verdict, 'clean');
});

test('native memory is a leak if it grows over many times the calls, and none if the allocator stops asking for more', async () => {
  const bytesPerCall = 4000;
  const grown = await judgeReadings((calls) => ({ rssBytes: 60e6 + bytesPerCall * calls }));
  assert.equal(grown.judgement.findings[0]?.signature, 'native: native memory');
  const taken = await judgeReadings((calls) => ({ rssBytes: 60e6 + bytesPerCall * Math.min(calls, 20_000) }));
  assert.equal(taken.judgement.verdict, 'clean', taken.judgement.reasons.join('\n'));
  assert.ok(taken.calls > 20_000);
});

test('files and threads that pile up make the long round shorter, so that they do not run out', () => {
  const open = [20, 120].map((fileDescriptors) => reading({ fileDescriptors }));
  assert.deepEqual(gainPerCall(open, 100), { bytes: 0, handles: 1 });
  assert.equal(callsOfLongRound({ calls: 100, step: 1 }, 10_000, { bytes: 0, handles: 1 }), 500);
  assert.equal(callsOfLongRound({ calls: 100, step: 1 }, 10_000, { bytes: 0, handles: 0 }), 10_000);
  assert.equal(callsOfLongRound({ calls: 100, step: 1 }, 10_000, { bytes: 1e6, handles: 0 }), 100);
});

test('a cap of millions: the calls that were made without a look count as part of the next round', async () => {
  const bounded = { location: null, text: 'may be a cache' };
  const { judgement, calls, rates } = await judgeBody((made) => made, false, { bounded });
  assert.equal(judgement.verdict, 'inconclusive');
  assert.ok(calls > 500_000, `it went on for ${calls} calls`);
  assert.deepEqual(new Set(rates), new Set([1]));
});

test('what was seen to grow is reported though no time is left for all rounds', async () => {
  const { judgement } = await judgeBody((made) => made, false, { endsAfter: 12_000 });
  assert.equal(judgement.verdict, 'leak');
  assert.equal(judgement.cutShort?.message, 'no time is left');
  assert.equal(judgement.findings.length, 1);
  await assert.rejects(
    judgeBody((made) => made, false, { endsAfter: 5_000 }), // too few rounds to tell
    /no time is left/,
  );
});

test('after Ctrl-C the judgement is what is known by then', async () => {
  const ending = new AbortController();
  const { judgement } = await judgeReadings(
    (calls) => {
      if (calls > 12_000) ending.abort();
      return { heapUsedBytes: 5_000_000 + bytesPerEntry * calls };
    },
    (calls) => calls,
    { signal: ending.signal },
  );
  assert.equal(judgement.verdict, 'inconclusive');
  assert.match(judgement.reasons.join('\n'), /^it was interrupted after \d+ calls\n(.|\n)*collected heap after each/);
});
