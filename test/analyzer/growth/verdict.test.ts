/** The verdict of snapshots: what is worth one, in which order, and the reasons in figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportOfSnapshots, type Judged } from '#memwatch/analyzer/growth/verdict.js';
import type { LeakReport } from '#memwatch/analyzer/model/finding.js';
import { finding } from '../../support/check-report.js';

const report = (judged: Partial<Judged>): LeakReport =>
  reportOfSnapshots({ findings: [], slowing: [], snapshots: 4, ...judged });

test('nothing found is clean, over one round less than there are snapshots', () => {
  const { verdict, reasons, rounds } = report({});
  assert.deepEqual(
    { verdict, reasons, rounds },
    { verdict: 'clean', reasons: ['nothing grew in each of 3 rounds and kept what was added'], rounds: 3 },
  );
});

test('findings are ranked by bytes, and their sum is the reason', () => {
  const { verdict, findings, reasons } = report({
    findings: [
      finding({ bytesPerRound: 1000, signature: 'small' }),
      finding({ bytesPerRound: 3000, signature: 'big' }),
    ],
    heapBytes: [4, 5, 6, 7].map((megabytes) => megabytes * 2 ** 20),
  });
  assert.equal(verdict, 'leak');
  assert.deepEqual(
    findings.map(({ rank, signature }) => [rank, signature]),
    [
      [1, 'big'],
      [2, 'small'],
    ],
  );
  assert.match(reasons[0] ?? '', /^2 things grew in each of 3 rounds .*: 3\.91 KB a round in total$/);
  assert.equal(reasons[1], 'collected heap at the end of each round: 4.0, 5.0, 6.0, 7.0 MB');
});

test('a few bytes a round are worth no verdict, and neither is less than one thing a round that is small', () => {
  const verdictFor = (bytesPerRound: number, countPerRound: number): string =>
    report({ findings: [finding({ bytesPerRound, countPerRound })] }).verdict;
  assert.deepEqual(
    [verdictFor(255, 9), verdictFor(256, 1), verdictFor(4095, 0.5), verdictFor(4096, 0.5)],
    ['clean', 'leak', 'clean', 'leak'],
  );
});

test('growth that slows down leaves the question open, and is described with its gains', () => {
  const slowing = [finding({ title: 'Map cache gains 50 Entry a round', history: [0, 100, 160, 190] })];
  const { verdict, findings, reasons } = report({ slowing });
  assert.equal(verdict, 'inconclusive');
  assert.deepEqual(findings, []);
  assert.deepEqual(reasons, [
    'Map cache gains 50 Entry a round, but less in the last round: 100, 60, 30; it may be a cache that is still filling',
  ]);
});

test('growth that slows down in rounds of unequal time is described by what each second gained', () => {
  const slowing = [finding({ title: 'Array gains 1,152 Entry a round', history: [0, 1215, 2135, 3457] })];
  const { reasons } = report({ slowing, roundMs: [2000, 2000, 10_000] });
  assert.deepEqual(reasons, [
    'Array gains 1,152 Entry a round, but less in the last round: 607.5, 460, 132.2 a second; it may be a cache that is still filling',
  ]);
});
