/**
 * How the program and its worker threads end, seen from the main thread. In: the process's own events. Out: messages to what
 * keeps the evidence, and a moment of waiting until it is written.
 */
import type { Worker } from 'node:worker_threads';
import type * as Settings from './settings.js' with { 'resolution-mode': 'import' };
import process = require('node:process');
import careful = require('./quietly.cjs');

const { quietly } = careful;
// as they are before the program's first line: it may set a clock of its own
const { now } = Date;
const { load, wait: pause } = Atomics;
const { nextTick } = process;

/** How long the end of the program may wait for the last evidence to be written; on a machine that is not busy, a moment. */
const mostWaitMs = 5000;
/** How long a program that fails at its very start waits for the agent's thread to begin, which takes 0.1 to 0.3 s. */
const mostStartMs = 1000;
/** Of what keeps the evidence. */
const states = { starts: 0, works: 1, ended: 2 } as const;

/** Waits in a loop with pauses of a millisecond, because the agent's thread needs this thread to run JavaScript. */
const waitForEnd = (shared: Int32Array): void => {
  const beganMs = now();
  const isOver = (): boolean => now() >= beganMs + (load(shared, 3) === states.starts ? mostStartMs : mostWaitMs);
  while (load(shared, 2) === 0 && !isOver()) pause(shared, 2, 0, 1);
  // the thread's session is closed here, by an interrupt that V8 handles only at calls and in loops
  for (let i = 0; i < 1000; i++) load(shared, 2);
};

/** Its class and where it was thrown; the message is left out, because it may contain what users gave the program. */
const nameUncaught = (error: unknown): string => {
  try {
    return error instanceof Error ? nameOf(error) : 'an uncaught exception';
  } catch {
    return 'an uncaught exception'; // its properties run code of the program
  }
};

const nameOf = (error: Error): string => {
  const { name, message, stack = '' } = error;
  const afterMessage = stack.slice(stack.indexOf(message) + message.length);
  const [, place] = /^ +(at [^\n?]+)/m.exec(afterMessage) ?? [];
  return `an uncaught ${name}${codeOf(error)}${place === undefined ? '' : ` ${place}`}`;
};

/** Node's codes are words, such as ERR_WORKER_OUT_OF_MEMORY. */
const codeOf = (error: Error): string => {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : '';
};

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';

type Listener = Parameters<typeof process.on>[1];
const ownListeners = new Map<string, Listener>();

/** Also when the program removes the listeners of all: without the one of the end, Node would wait for a debugger there. */
const listen = (event: string, listener: Listener): void => {
  ownListeners.set(event, listener);
  process.on(event, listener);
};

const addAgain = (event: string, removed: unknown): void => {
  if (ownListeners.get(event) !== removed) return;
  const add = (): void => {
    for (const [name, listener] of ownListeners)
      if (!process.listeners(name as 'exit').includes(listener as never)) process.on(name, listener);
  };
  nextTick(() => quietly(add));
};

/** Notes how worker threads end that fail. `own`: the agent's. */
const watchWorkers = ({ send }: Settings.Keeper, own: Settings.Keeper['worker']): void => {
  const { errorMonitor } = process.getBuiltinModule('node:events');
  listen('worker', (worker: Worker) => {
    if (worker === own) return;
    const id = worker.threadId;
    const how = (error: unknown): string =>
      isOutOfMemory(error) ? 'its heap was full (its resourceLimits)' : nameUncaught(error);
    worker.on(errorMonitor, (error: unknown) =>
      quietly(() => send({ kind: 'note', text: `worker ${id} ended: ${how(error)}` })),
    );
  });
};

const watchEnd = ({ send, state, wait }: Settings.Keeper): void => {
  let uncaught = '';
  listen('uncaughtExceptionMonitor', (error: unknown) =>
    quietly(() => {
      const what = nameUncaught(error);
      uncaught = `: ${what}`;
      send({ kind: 'evidence', why: what, isAsked: false });
    }),
  );
  listen('exit', (code: number) =>
    quietly(() => {
      if (state() === states.ended || (state() === states.starts && code === 0)) return;
      send({ kind: 'end', isWell: code === 0, how: `it ended with exit code ${code}${code === 0 ? '' : uncaught}` });
      wait();
    }),
  );
  listen('removeListener', addAgain);
};

export = { states, waitForEnd, watchWorkers, watchEnd };
