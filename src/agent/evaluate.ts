/**
 * Runs a function of memwatch's source in a target. In: a session, a function that uses nothing from outside itself, its
 * arguments as JSON. Out: its result as JSON. Works while the target is busy, since V8 takes it by interrupt.
 */
import { MemwatchError } from '../errors.js';
import type { Session } from './protocol.js';

export interface EvaluateOptions {
  timeoutMs?: number;
  /** The function answers a promise. Left out where it does not, because a busy target runs no promise reactions. */
  awaitPromise?: boolean;
  /** Makes `require` known to the function, for Node before 20.16, which has no process.getBuiltinModule. */
  commandLineApi?: boolean;
}

/** The function's result. Throws `target-error` with what the function threw, `no-answer`, `disconnected`. */
export const evaluate = async <T, A extends readonly unknown[] = []>(
  session: Session,
  body: string | ((...args: A) => T),
  args?: A,
  options: EvaluateOptions = {},
): Promise<Awaited<T>> => {
  const answer = await session.send(
    'Runtime.evaluate',
    {
      expression: typeof body === 'string' ? body : callOf(body, args ?? []),
      returnByValue: true,
      awaitPromise: options.awaitPromise === true,
      silent: true,
      includeCommandLineAPI: options.commandLineApi === true,
    },
    options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
  );
  if (answer.exceptionDetails !== undefined) {
    const { exception, text } = answer.exceptionDetails;
    const thrown = exception?.description ?? String(exception?.value ?? text);
    throw new MemwatchError('target-error', `in the target: ${thrown.split('\n', 1)[0]}`);
  }
  return answer.result.value as Awaited<T>;
};

/** The source text of a call of the function with these arguments. */
export const callOf = (body: (...args: never[]) => unknown, args: readonly unknown[]): string =>
  `(${String(body)})(${args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(',')})`;
