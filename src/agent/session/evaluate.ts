/**
 * Runs a function of memwatch's source in a target. In: a session, a function that uses nothing from outside itself, its
 * arguments as JSON. Out: its result as JSON. Works while the target is busy, because V8 runs it by an interrupt.
 */
import type { MemwatchUrl } from '../../analyzer/model/scripts.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { patienceMs } from './patience.js';
import type { SendOptions, Session } from './protocol.js';
import { isInVm } from './termination.js';

export interface EvaluateOptions extends SendOptions {
  /** The function returns a promise. Leave it out otherwise: a busy target runs no promise reactions. */
  awaitPromise?: boolean;
  /**
   * The function uses `require` where process.getBuiltinModule is missing (Node before 20.16), and does so before anything
   * else. Only there is it run with DevTools' command line API, which has `require`: V8 crashes if it sets that API up in a
   * worker that is being terminated.
   */
  mayNeedRequire?: boolean;
  /** What is kept in the target can be released by this name. */
  objectGroup?: string;
}

type Sender = Pick<Session, 'send'>;

/** Returns the function's result. Throws `target-error` with what the function threw, `no-answer`, `disconnected`. */
export const evaluate = async <T, A extends readonly unknown[] = []>(
  session: Sender,
  body: string | ((...args: A) => T),
  args?: A,
  options: EvaluateOptions = {},
): Promise<Awaited<T>> => (await run(session, body, args, options, true)).value as Awaited<T>;

/** Runs in a target: returns true when its event loop has turned. Sets its timer in a promise reaction, see guard.ts. */
export const turnOfLoop = async (): Promise<true> => {
  await undefined;
  return new Promise((resolve) => void setTimeout(() => resolve(true), 0));
};

declare const remoteBrand: unique symbol;
/** An object that a function returned in the target and that stays there until this session ends. */
export type Remote<T> = string & { readonly [remoteBrand]: T };

/** Runs the function and keeps the object that it returns in the target, until the session ends or it is released. */
export const evaluateRemote = async <T extends object, A extends readonly unknown[] = []>(
  session: Sender,
  body: string | ((...args: A) => T),
  args?: A,
  options: EvaluateOptions = {},
): Promise<Remote<Awaited<T>>> => (await run(session, body, args, options, false)).objectId as Remote<Awaited<T>>;

/** Calls a function on an object that is kept in the target. */
export const callOn = async <T, R, A extends readonly unknown[] = []>(
  session: Session,
  object: Remote<T>,
  body: (object: T, ...args: A) => R,
  args?: A,
  options: EvaluateOptions = {},
): Promise<Awaited<R>> => {
  const functionDeclaration = `function (...args) { return (${String(body)})(this, ...args); }${named}`;
  const answer = await session.send(
    'Runtime.callFunctionOn',
    {
      objectId: object,
      functionDeclaration,
      arguments: (args ?? []).map((value) => ({ value })),
      returnByValue: true,
      awaitPromise: options.awaitPromise === true,
      silent: true,
    },
    options,
  );
  return resultOf(answer).value as Awaited<R>;
};

/**
 * Lets the target forget an object that is kept there. What is captured again and again must do so: otherwise each time leaves
 * some kilobytes until the session ends. Never throws.
 */
export const release = async (session: Sender, objectId: string): Promise<void> => {
  await session.send('Runtime.releaseObject', { objectId }).catch(() => {});
};

/** The script name of memwatch's code in the target: tells it apart from the program's own code in profiles. */
export const memwatchUrl: MemwatchUrl = 'memwatch:in-target';
const named = `\n//# sourceURL=${memwatchUrl}\n`;

/**
 * Code that the target runs by node:vm may have a time limit, and V8 could end memwatch's function instead, half-way (see
 * termination.ts): it runs after that code, or at once if that takes long.
 */
const run = async (
  session: Sender,
  body: string | ((...args: never[]) => unknown),
  args: readonly unknown[] = [],
  options: EvaluateOptions,
  returnByValue: boolean,
): Promise<Answer['result']> => {
  const { awaitPromise = false, objectGroup, mayNeedRequire, closes = false } = options;
  const call = typeof body === 'string' ? body : callOf(body, args);
  const group = objectGroup !== undefined && { objectGroup };
  const ask = async (
    expression: string,
    more: object = {},
    timeoutMs = options.timeoutMs,
  ): Promise<Answer['result']> => {
    const params = { expression: expression + named, awaitPromise, returnByValue, silent: true, ...group, ...more };
    const sending = timeoutMs === undefined ? { closes } : { timeoutMs, closes };
    return resultOf(await session.send('Runtime.evaluate', params, sending));
  };
  const askOutsideVm = async (): Promise<Answer['result']> => {
    if (staysInVm.has(session)) return ask(call);
    const first = await ask(`(${String(isInVm)})() ? '${inVm}' : ${call}`);
    if (first.value !== inVm) return first;
    try {
      return await ask(`Promise.resolve().then(() => ${call})`, { awaitPromise: true }, patienceMs);
    } catch (error) {
      if (!(error instanceof MemwatchError) || error.code !== 'no-answer') throw error;
      staysInVm.add(session);
      return ask(call);
    }
  };
  try {
    return await againIfLost(askOutsideVm);
  } catch (error) {
    if (mayNeedRequire !== true || !messageOf(error).includes('require is not defined')) throw error;
    return ask(call, { includeCommandLineAPI: true });
  }
};

const mostTries = 5;

/** V8 drops what is still to run when it ends code at its time limit, and answers that the promise was collected. */
const againIfLost = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === mostTries || !messageOf(error).includes('Promise was collected')) throw error;
    }
  }
};

/** Targets that have run code by node:vm for longer than memwatch waits. */
const staysInVm = new WeakSet<Sender>();
const inVm = 'memwatch: in node:vm';

interface Answer {
  readonly result: { readonly value?: unknown; readonly objectId?: string | undefined };
  readonly exceptionDetails?: { text: string; exception?: { description?: string; value?: unknown } };
}

const resultOf = (answer: Answer): Answer['result'] => {
  if (answer.exceptionDetails === undefined) return answer.result;
  const { exception, text } = answer.exceptionDetails;
  const thrown = exception?.description ?? String(exception?.value ?? text);
  const [first = ''] = thrown.split('\n', 1);
  throw first.includes('uv_resident_set_memory')
    ? noOwnMemory(first)
    : new MemwatchError('target-error', `in the target: ${first}`);
};

/** Node reads its own RSS in /proc, and process.memoryUsage throws without it. */
const noOwnMemory = (thrown: string): MemwatchError => {
  const why = thrown.includes('ENOENT') ? 'there is no /proc where it runs' : thrown;
  return new MemwatchError('target-error', `the target cannot read how much memory it uses: ${why}`, {
    hint: 'mount /proc there (a chroot needs its own), or use what does without: memwatch heap, census, cpu, alloc, dump',
  });
};

/** The source text of a call to the function with these arguments. */
export const callOf = (body: (...args: never[]) => unknown, args: readonly unknown[]): string =>
  `(${String(body)})(${args.map((arg) => JSON.stringify(arg) ?? 'undefined').join(',')})`;
