/**
 * Which of a scenario's findings are known. In: findings with their rates, and the leaks in the baseline. Out: signatures
 * (new, known, clearly worse, gone), and the entries that would bring the baseline up to date.
 */
import type { KnownLeak } from '../model/check.js';

export interface BaselineComparison {
  readonly new: readonly string[];
  readonly known: readonly string[];
  readonly worse: readonly string[];
  readonly gone: readonly string[];
}

/** A rate this many times the known one is clearly worse: the rate of one leak varies by less from run to run. */
const clearlyWorse = 1.5;

export const compareWithBaseline = (found: readonly KnownLeak[], known: readonly KnownLeak[]): BaselineComparison => {
  const bySignature = new Map(known.map((leak) => [leak.signature, leak]));
  const stateOf = (leak: KnownLeak): 'new' | 'known' | 'worse' => {
    const before = bySignature.get(leak.signature);
    if (before === undefined) return 'new';
    return isWorse(leak, before) ? 'worse' : 'known';
  };
  const those = (state: string): string[] =>
    found.filter((leak) => stateOf(leak) === state).map(({ signature }) => signature);
  const still = new Set(found.map(({ signature }) => signature));
  const gone = known.map(({ signature }) => signature).filter((signature) => !still.has(signature));
  return { new: those('new'), known: those('known'), worse: those('worse'), gone };
};

/** Compares entries if there are any, because bytes are known less exactly; otherwise bytes. */
const isWorse = (now: KnownLeak, before: KnownLeak): boolean =>
  before.countPerIteration > 0
    ? now.countPerIteration > before.countPerIteration * clearlyWorse ||
      now.bytesPerIteration > before.bytesPerIteration * 2
    : now.bytesPerIteration > before.bytesPerIteration * clearlyWorse;

/** The entries of an updated baseline; a rate close to the known one stays as it was written. */
export const updatedEntries = (found: readonly KnownLeak[], known: readonly KnownLeak[]): KnownLeak[] => {
  const bySignature = new Map(known.map((leak) => [leak.signature, leak]));
  return found.map((leak) => {
    const before = bySignature.get(leak.signature);
    return before !== undefined && !isWorse(leak, before) && !isWorse(before, leak) ? before : leak;
  });
};
