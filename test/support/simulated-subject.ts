/**
 * A subject of a judgement that exists only as numbers: what each call keeps, and how long it takes. In: a description of
 * the program. Out: a Subject, an Analysis that finds in "snapshots" what a real one would, and what was done to it.
 */
import type { Finding } from '#memwatch/analyzer/model/finding.js';
import type { Analysis, Subject } from '#memwatch/leaks/subject.js';
import { finding, reading } from './check-report.js';

export interface Program {
  /** Entries that it holds after this many calls. */
  readonly entriesAfter: (calls: number) => number;
  readonly bytesPerEntry?: number;
  readonly msPerCall?: number;
  readonly step?: number | null;
  /** The code bounds what it holds. */
  readonly bounded?: Finding['bounded'];
  /** After this many calls every further one throws this. */
  readonly failsAfter?: { readonly calls: number; readonly error: Error };
}

export interface Simulated {
  readonly subject: Subject;
  readonly analysis: Analysis;
  /** What was asked of it, in order: `run 200`, `snapshot`, `rest 400`… */
  readonly done: readonly string[];
}

export const simulate = (program: Program): Simulated => {
  const { entriesAfter, bytesPerEntry = 100, msPerCall = 0.1, failsAfter } = program;
  const done: string[] = [];
  const held: number[] = [];
  let calls = 0;
  const subject: Subject = {
    step: program.step ?? null,
    body: null,
    run: async (iterations, step, atMostMs) => {
      const fit = Math.min(iterations, atMostMs / msPerCall);
      const made = Math.max(1, Math.floor(fit / step)) * step;
      if (failsAfter !== undefined && calls + made > failsAfter.calls) throw failsAfter.error;
      calls += made;
      done.push(`run ${made}`);
      return { iterations: made, durationUs: made * msPerCall * 1000 };
    },
    rest: async (ms) => void done.push(`rest ${ms}`),
    read: async () => reading({ heapUsedBytes: 5_000_000 + entriesAfter(calls) * bytesPerEntry }),
    snapshot: async () => {
      done.push('snapshot');
      held.push(entriesAfter(calls));
    },
    startSampling: async () => void done.push('startSampling'),
    survivors: async () => [],
    openings: async () => [],
  };
  const analysis: Analysis = {
    add: () => {},
    growth: async (work) => {
      const gains = held.slice(1).map((entries, round) => entries - (held[round] ?? 0));
      const rates = gains.map((gain, round) => gain / (work[round] ?? 1));
      const nothing = { growing: [], slowing: [], place: null };
      if (gains.length < 2 || Math.min(...gains) <= 0) return nothing;
      const isSlowing = (rates.at(-1) ?? 0) < 0.34 * Math.max(...rates);
      const title = 'Map cache gains entries';
      if (isSlowing) return { ...nothing, slowing: [title] };
      const perRound = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
      const bytesPerRound = perRound * bytesPerEntry;
      const found = finding({ title, countPerRound: perRound, bytesPerRound, history: held, bounded: program.bounded });
      return { ...nothing, growing: [found] };
    },
  };
  return { subject, analysis, done };
};
