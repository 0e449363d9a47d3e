/** The verdict on what was found, with its reasons in figures. In: findings, how much was looked at. Out: a report. */
import { formatBytes, formatRate } from '../model/figures.js';
import type { Finding, LeakReport, Verdict } from '../model/finding.js';
import { gainsOf, ratesOf } from './readings/evidence.js';
import { rankFindings } from './rank.js';

/** Growth below this, in bytes and entries per round, is not worth a verdict. */
const smallest = { bytesPerRound: 256, countPerRound: 1 };

/** What a verdict depends on, whatever was looked at and however. */
export interface Evidence {
  /** Findings that are proved to grow, have a name, and show no sign of stopping. */
  readonly findings: number;
  /**
   * Things that may grow or may have stopped: growth that slows down, growth without a name, too few readings, an idle
   * target.
   */
  readonly undecided: number;
}

/** The one place where a verdict is decided. */
export const verdictOf = ({ findings, undecided }: Evidence): Verdict =>
  findings > 0 ? 'leak' : undecided > 0 ? 'inconclusive' : 'clean';

export interface Judged {
  readonly findings: readonly Finding[];
  /** Growth that slows down from round to round. */
  readonly slowing: readonly Finding[];
  readonly snapshots: number;
  /** Collected heap at the end of each round; empty if it was not read. */
  readonly heapBytes?: readonly number[];
  readonly warnings?: readonly string[];
  /** If each round was a time, and not an amount of work: how long each took. */
  readonly roundMs?: readonly number[] | undefined;
}

export const reportOfSnapshots = ({
  findings,
  slowing,
  snapshots,
  heapBytes = [],
  warnings = [],
  roundMs,
}: Judged): LeakReport => {
  const worth = findings.filter(isWorthIt);
  const leaks = rankFindings(worth.filter(({ bounded }) => bounded === undefined));
  const bounded = worth.filter((finding) => finding.bounded !== undefined);
  const filling = [...bounded, ...slowing.filter(isWorthIt)];
  const verdict = verdictOf({ findings: leaks.length, undecided: filling.length });
  const rounds = snapshots - 1;
  return leakReport({
    verdict,
    reasons: [...reasonsOf(verdict, leaks, filling, bounded, rounds, roundMs), ...heapReasons(heapBytes)],
    evidence: 'snapshots',
    rounds,
    heapBytes,
    snapshots,
    findings: leaks,
    bounded,
    warnings,
    looked: ['JavaScript heap'],
    notLooked: [{ what: 'everything outside the heap', why: 'heap snapshots do not contain it' }],
  });
};

type Needed = Pick<LeakReport, 'verdict' | 'reasons' | 'evidence' | 'rounds' | 'heapBytes'>;

/** The one writer of `memwatch/leaks@1`. What is left out is empty. */
export const leakReport = (report: Needed & Partial<Omit<LeakReport, 'schema'>>): LeakReport => {
  const { verdict, reasons, evidence, rounds, heapBytes, ...others } = report;
  const nothing = { snapshots: 0, findings: [], warnings: [], bounds: [], looked: [], notLooked: [], threads: [] };
  return { schema: 'memwatch/leaks@1', verdict, reasons, evidence, rounds, heapBytes, ...nothing, ...others };
};

const isWorthIt = ({ bytesPerRound, countPerRound }: Finding): boolean =>
  (bytesPerRound ?? 0) >= smallest.bytesPerRound &&
  (countPerRound >= smallest.countPerRound || (bytesPerRound ?? 0) >= 4096);

const reasonsOf = (
  verdict: Verdict,
  leaks: readonly Finding[],
  filling: readonly Finding[],
  bounded: readonly Finding[],
  rounds: number,
  roundMs: readonly number[] | undefined,
): string[] => {
  if (verdict === 'leak') {
    const bytes = leaks.reduce((sum, { bytesPerRound }) => sum + (bytesPerRound ?? 0), 0);
    const things = leaks.length === 1 ? 'one thing' : `${leaks.length} things`;
    return [
      `${things} grew in each of ${rounds} rounds and kept what was added: ${formatBytes(bytes)} a round in total`,
      ...bounded.map((finding) => `no leak as far as is known: ${fillingText(finding)}`),
    ];
  }
  if (verdict === 'inconclusive') return filling.map((finding) => fillingText(finding, roundMs));
  return [`nothing grew in each of ${rounds} rounds and kept what was added`];
};

/** Why something that grows is not called a leak. With `roundMs` gains are judged, and stated, by the second. */
export const fillingText = ({ title, history, bounded }: Finding, roundMs?: readonly number[]): string => {
  if (bounded !== undefined) return `${title}; it ${bounded.text}`;
  const gains = gainsOf(history);
  const isTimed = roundMs?.length === gains.length;
  const figures = isTimed
    ? `${ratesOf(gains, roundMs)
        .map((perMs) => formatRate(1000 * perMs))
        .join(', ')} a second`
    : gains.join(', ');
  return `${title}, but less in the last round: ${figures}; it may be a cache that is still filling`;
};

const heapReasons = (heapBytes: readonly number[]): string[] => {
  if (heapBytes.length < 2) return [];
  const megabytes = heapBytes.map((bytes) => (bytes / 2 ** 20).toFixed(1));
  return [`collected heap at the end of each round: ${megabytes.join(', ')} MB`];
};
