/**
 * The process of one scenario: does what memwatch asks for over the IPC channel, and nothing else. While the scenario's own
 * code runs, the channel does not keep the process alive. So a promise that nothing can ever settle shows at once, as an
 * event loop that ran empty, and not as a hang.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MemwatchError, messageOf } from '../../errors.js';
import { callRepeatedly, openingsOfCalls } from './calls.js';
import { createPauseWatch, openOwnProcess, readOwnCounters } from '../capture/own-process.js';
import type { Answers, Reply, Request } from './messages.js';
import { loadScenario, type Scenario } from './module.js';

/** The folder of this file, as stacks write it. */
const ownFolder = new URL('.', import.meta.url).href;

/** A snapshot stops the whole thread: afterwards, timeouts that are due and the connections that they close come first. */
const recoverMs = 50;

const own = openOwnProcess();
let scenario: Scenario | undefined;
let context: unknown;
/** The number of the call of `iterate` that runs or is next: `i` continues over the rounds. */
let calls = 0;
let longestPauseUs: number | null = null;
/** The part of the scenario that runs now, for messages. */
let running = '';

const answer: { [Kind in keyof Answers]: (request: Extract<Request, { do: Kind }>) => Promise<Answers[Kind]> } = {
  load: async ({ file }) => {
    scenario = await ofScenario('loading it', () => loadScenario(file).catch(letNodeShow));
    const { setup } = scenario;
    context = await ofScenario('setup', async () => setup());
    return { iterations: scenario.iterations, limits: scenario.limits, body: await own.locate(scenario.body) };
  },
  run: async ({ iterations, step, atMostMs, watchPauses }) => {
    const watch = watchPauses ? createPauseWatch() : undefined;
    watch?.start();
    const body = (i: number): unknown => scenario?.iterate(context, i);
    const done = await ofScenario('iterate', () =>
      callRepeatedly(body, { first: calls, iterations, step, atMostMs, onCall: (i) => (calls = i) }),
    );
    calls++;
    longestPauseUs = watch === undefined ? null : watch.stop();
    return done;
  },
  read: async () => {
    await own.collectGarbage();
    return readOwnCounters(longestPauseUs);
  },
  snapshot: async ({ file }) => {
    await own.captureSnapshot(file);
    await sleep(recoverMs);
    return null;
  },
  'start-sampling': async () => {
    await own.startSampling();
    return null;
  },
  survivors: () => own.survivors(),
  openings: ({ of, iterations, step }) => {
    const body = (i: number): unknown => scenario?.iterate(context, i);
    const counted = { first: calls, iterations, step, onCall: (i: number) => (calls = i) };
    return ofScenario('iterate', () => openingsOfCalls(body, of, counted));
  },
  rest: async ({ ms }) => {
    await sleep(ms);
    return null;
  },
  teardown: async () => {
    await ofScenario('teardown', async () => scenario?.teardown(context));
    return null;
  },
};

/** Runs code of the scenario; during that time the channel does not keep the event loop alive. */
const ofScenario = async <T>(phase: string, body: () => Promise<T>): Promise<T> => {
  running = phase;
  process.channel?.unref();
  try {
    return await body();
  } catch (error) {
    throw new InScenario(phase, error);
  } finally {
    process.channel?.ref();
    running = '';
  }
};

/** An error that the scenario threw, and where. */
class InScenario extends Error {
  constructor(
    readonly phase: string,
    readonly thrown: unknown,
  ) {
    super(messageOf(thrown));
  }
}

/** A syntax error does not say where it is; Node says so when the error ends a process. */
const letNodeShow = (error: unknown): Promise<never> => {
  if (!(error instanceof SyntaxError)) throw error;
  setImmediate(() => {
    throw error;
  });
  return new Promise(() => {});
};

const placeOf = (phase: string): string => (phase === 'iterate' ? `iterate, call ${calls}` : phase);

const failureOf = (error: unknown): Reply => {
  const { phase, thrown } = error instanceof InScenario ? error : { phase: '', thrown: error };
  return {
    ok: false,
    kind: thrown instanceof MemwatchError ? 'unusable' : 'threw',
    message: messageOf(thrown),
    hint: thrown instanceof MemwatchError ? (thrown.hint ?? null) : null,
    stack: thrown instanceof Error && !(thrown instanceof MemwatchError) ? ownFrames(thrown.stack ?? '') : '',
    where: placeOf(phase),
  };
};

/** The stack without the frames of memwatch's own code. */
const ownFrames = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => !line.includes(ownFolder) && !/^\s+at process\.processTicksAndRejections/.test(line))
    .join('\n');

const send = (reply: Reply): void => {
  process.send?.(reply);
};

const dispatch = async (request: Exclude<Request, { do: 'where' }>): Promise<unknown> => {
  const handle = answer[request.do] as (request: object) => Promise<unknown>;
  return handle(request);
};

process.on('message', (request: Request) => {
  if (request.do === 'where') {
    process.send?.({ place: placeOf(running) });
    return;
  }
  void dispatch(request).then(
    (value) => send({ ok: true, value }),
    (error: unknown) => send(failureOf(error)),
  );
});
process.on('disconnect', () => process.exit()); // memwatch is gone

/** Timers that do not keep the process alive may still settle a promise: they get this much time. */
const graceMs = 3000;
let emptyAt = '';

process.on('beforeExit', () => {
  if (running === '') return;
  const place = placeOf(running);
  if (place !== emptyAt) {
    emptyAt = place;
    setTimeout(() => {}, graceMs);
    return;
  }
  const message = `${place} waits for a promise that nothing can settle any more: the event loop is empty`;
  send({ ok: false, kind: 'never-settles', message, hint: null, stack: '', where: place });
  process.channel?.ref();
});
