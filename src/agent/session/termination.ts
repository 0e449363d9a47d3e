/**
 * A program can limit the time of code (node:vm with a timeout) or end a worker: V8 then terminates what the thread runs. If
 * that is a command of memwatch's at that moment, only the command ends, and the code that was meant runs on, for ever. So
 * memwatch has it terminated again, and repeats its command. In: how a thread is asked. Out: the same, with that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../errors.js';

/** `closes`: the target closes its inspector, and nothing else is sent until that is answered or the connection is gone. */
export type Ask = (method: string, params: unknown, closes?: boolean) => Promise<unknown>;

/** It is answered when the code that runs has ended. */
const mostMs = 500;
const mostTries = 10;

/**
 * While code is being terminated nothing else is sent, because it would be terminated instead. What the program runs next
 * would be terminated if its code ended by itself at the same moment, within the time that a message takes.
 */
export const passTerminationsOn = (ask: Ask): Ask => {
  let terminating: Promise<unknown> | undefined;
  const terminate = async (): Promise<void> => {
    await Promise.race([ask('Runtime.terminateExecution', {}).catch(() => {}), sleep(mostMs)]);
    terminating = undefined;
  };
  return async (method, params, closes) => {
    for (let tries = 1; ; tries++) {
      if (terminating !== undefined) await terminating;
      const [answer] = await Promise.allSettled([ask(method, params, closes)]);
      const wasEnded = await wasTerminated(answer, method, ask);
      if (wasEnded) terminating ??= terminate();
      if (wasEnded && tries < mostTries) continue;
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    }
  };
};

/** How V8 answers a command that was terminated. */
const terminated = /^(Execution was terminated|Couldn't parse value object)/;
/** It says this, too, but not only then. */
const perhaps = /^(Internal error|Given expression does not evaluate to a function)/;

const wasTerminated = async (answer: PromiseSettledResult<unknown>, method: string, ask: Ask): Promise<boolean> => {
  if (answer.status === 'rejected') {
    const message = messageOf(answer.reason);
    if (!perhaps.test(message)) return terminated.test(message);
  } else if (method !== 'Runtime.getProperties' || !('exceptionDetails' in Object(answer.value))) {
    return false;
  }
  const expression = `(${String(isInVm)})()`;
  try {
    const answer = await ask('Runtime.evaluate', { expression, returnByValue: true, silent: true });
    return Reflect.get(Object(Reflect.get(Object(answer), 'result')), 'value') === true;
  } catch {
    return true; // ended, too
  }
};

/** Runs in a target: whether node:vm is running code below. The program's own way of writing stacks is left out of it. */
export const isInVm = (): boolean => {
  const own = ['prepareStackTrace', 'stackTraceLimit'] as const;
  const before = own.map((name) => Object.getOwnPropertyDescriptor(Error, name));
  try {
    Error.stackTraceLimit = 200; // V8 of Node 26 crashes with Infinity while it captures an interrupted loop
    Error.prepareStackTrace = (_, calls) => calls.some((call) => call.getFileName() === 'node:vm');
    return (new Error('stack').stack as unknown) === true;
  } catch {
    return false; // Error is frozen
  } finally {
    own.forEach((name, at) => {
      const descriptor = before[at];
      if (descriptor === undefined) Reflect.deleteProperty(Error, name);
      else Reflect.defineProperty(Error, name, descriptor);
    });
  }
};
