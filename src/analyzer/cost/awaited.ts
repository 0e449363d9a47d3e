/**
 * Which async functions wait, from the stacks that wait for each pending promise. In: stacks with counts. Out: the same without
 * those that are part of a longer one: a function that waits for another has that one's promise, and is in its stack.
 */
import type { AwaitedPromises, PendingPromises, StackFrame } from '../model/dump.js';

const mostShown = 50;

/** `all` promises were found, of which `looked` were looked at. */
export const computePending = ({
  awaited,
  pending,
  looked,
  all,
}: {
  readonly awaited: readonly AwaitedPromises[];
  readonly pending: number;
  readonly looked: number;
  readonly all: number;
}): PendingPromises => {
  const notKnown = awaited.find(({ stack }) => stack.length === 0)?.count ?? 0;
  return { pending, awaited: computeAwaited(awaited).slice(0, mostShown), notKnown, notLooked: all - looked };
};

const computeAwaited = (stacks: readonly AwaitedPromises[]): AwaitedPromises[] => {
  const left = new Map(stacks.map(({ count, stack }) => [keyOf(stack), { count, stack }]));
  for (const { count, stack } of stacks) {
    const [first, ...callers] = stack;
    const called = left.get(keyOf(callers));
    if (first === undefined || called === undefined) continue;
    // Promise.all has a promise of its own for all that it waits for
    called.count = first.file === '' ? 0 : Math.max(0, called.count - count);
  }
  return [...left.values()]
    .filter(({ count, stack }) => count > 0 && stack.length > 0)
    .sort((a, b) => b.count - a.count);
};

const keyOf = (stack: readonly StackFrame[]): string => JSON.stringify(stack);
