/**
 * Runs one scenario in a process of its own and sends it requests: to work, to read its counters, to write a snapshot. In:
 * a module's path. Out: a ScenarioProcess; whatever ends it early is thrown as a ScenarioError, with its output.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ScenarioFailure } from '../../analyzer/model/check.js';
import { MemwatchError, throwIfInterrupted } from '../../errors.js';
import type { Answers, Place, Reply, Request } from './messages.js';

export interface ScenarioProcess {
  /** Throws ScenarioError, or `interrupted`. */
  ask<Kind extends keyof Answers>(request: Extract<Request, { do: Kind }>): Promise<Answers[Kind]>;
  /** The last part of its output. */
  output(): string;
  /** Ends it if it still runs; resolves when it is gone. */
  end(): Promise<void>;
}

export interface ScenarioOptions {
  /** The time for everything that the scenario does; memwatch's own work in between hardly counts (see `ownWork`). */
  readonly timeoutMs: number;
  /** Node's flags for the process, such as `--import tsx`. */
  readonly nodeOptions?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** The scenario did not do what was asked: it threw, crashed, ended, hung, or the file is not a scenario. */
export class ScenarioError extends Error {
  constructor(readonly failure: ScenarioFailure) {
    super(failure.message);
    this.name = 'ScenarioError';
  }
}

/** memwatch's own work in the process: a busy machine or a large heap makes it slow, which is not a hang. */
const ownWork: ReadonlySet<Request['do']> = new Set(['read', 'snapshot', 'start-sampling', 'survivors']);
const ownWorkSlower = 10;

const childFile = fileURLToPath(new URL('child.js', import.meta.url));
const maxOutput = 64 * 1024;
const shownLines = 20;

export const startScenario = (options: ScenarioOptions): ScenarioProcess => {
  throwIfInterrupted(options.signal);
  const child = fork(childFile, [], {
    execArgv: [...(options.nodeOptions ?? [])],
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  const printed = collectOutput(child);
  const end = watchEnd(child, options, printed);
  return {
    ask: async (request) => {
      throwIfInterrupted(options.signal);
      const asked: Request = request;
      const stopClock = end.startClock(ownWork.has(asked.do));
      try {
        return (await Promise.race([exchange(child, request, printed), end.early])) as never;
      } finally {
        stopClock();
      }
    },
    output: printed,
    end: end.now,
  };
};

/** The environment without what the user's test runner set for itself: coverage and test contexts would be measured too. */
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_TEST_CONTEXT: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  return env;
};

const collectOutput = (child: ChildProcess): (() => string) => {
  let text = '';
  const take = (chunk: unknown): void => {
    text = (text + String(chunk)).slice(-maxOutput);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return () => text.trimEnd().split('\n').slice(-shownLines).join('\n');
};

const exchange = async (child: ChildProcess, request: Request, printed: () => string): Promise<unknown> => {
  const reply = await new Promise<Reply>((resolve) => {
    const take = (message: unknown): void => {
      if (!isReply(message)) return;
      child.off('message', take);
      resolve(message);
    };
    child.on('message', take);
    child.send(request, () => {}); // if it is gone, its end is reported instead
  });
  if (reply.ok) return reply.value;
  const message = reply.kind === 'threw' ? `${reply.where} threw: ${reply.message}` : reply.message;
  throw new ScenarioError({ kind: reply.kind, message, hint: reply.hint, output: reply.stack || printed() });
};

const isReply = (message: unknown): message is Reply =>
  typeof message === 'object' && message !== null && 'ok' in message;

/** Where a scenario hangs: the process says so itself if its event loop still turns. */
const placeOfHang = async (child: ChildProcess): Promise<string> => {
  const place = new Promise<string>((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'place' in message) resolve(String((message as Place).place));
    });
  });
  child.send({ do: 'where' } satisfies Request, () => {});
  const blocked = sleep(500, undefined, { ref: false }).then(() => undefined);
  const answer = await Promise.race([place, blocked]);
  if (answer === undefined) return 'its event loop is blocked by code that does not end';
  return answer === '' ? 'its own code was not running' : `${answer} has not finished`;
};

/** The process ends by itself (`early` rejects), or memwatch ends it (`now`). */
const watchEnd = (
  child: ChildProcess,
  options: ScenarioOptions,
  printed: () => string,
): { early: Promise<never>; now: () => Promise<void>; startClock: (isOwn: boolean) => () => void } => {
  const gone = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  let stop: (error: Error) => void = () => {};
  const stopped = new Promise<never>((_, reject) => (stop = reject));
  const clock = createClock(options.timeoutMs, async () => {
    const message = `it did not end within ${options.timeoutMs / 1000} s: ${await placeOfHang(child)}`;
    stop(
      new ScenarioError({ kind: 'timeout', message, hint: 'raise --timeout to give it more time', output: printed() }),
    );
  });
  const onAbort = (): void => stop(new MemwatchError('interrupted', 'interrupted'));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const early = Promise.race([
    stopped,
    gone.then(({ code, signal }) => Promise.reject(endedError(code, signal, printed()))),
  ]);
  early.catch(() => {});
  const now = async (): Promise<void> => {
    clock.clear();
    options.signal?.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
    await gone;
  };
  return { early, now, startClock: clock.start };
};

/** The time that the scenario has left; `start` returns a function that stops the clock again. */
const createClock = (
  timeoutMs: number,
  onTimeout: () => Promise<void>,
): { start: (isOwn: boolean) => () => void; clear: () => void } => {
  let leftMs = timeoutMs;
  let timer: NodeJS.Timeout | undefined;
  const clear = (): void => clearTimeout(timer);
  const start = (isOwn: boolean): (() => void) => {
    const slower = isOwn ? ownWorkSlower : 1;
    const startedAt = performance.now();
    timer = setTimeout(() => void onTimeout(), Math.max(1, leftMs * slower));
    return () => {
      clear();
      leftMs -= (performance.now() - startedAt) / slower;
    };
  };
  return { start, clear };
};

const endedError = (code: number | null, signal: string | null, output: string): ScenarioError => {
  if (/JavaScript heap out of memory/.test(output)) {
    return new ScenarioError({ kind: 'crashed', message: 'it ran out of memory', hint: null, output });
  }
  const thrown = /^(?:Uncaught )?(\w*(?:Error|Exception)\b.*)$/m.exec(output)?.[1];
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  const message = `its process ended ${how} before it was done`;
  if (signal === null && thrown === undefined) {
    const hint = 'a scenario must not end its process: memwatch does, after teardown';
    return new ScenarioError({ kind: 'exited', message, hint, output });
  }
  const because = thrown === undefined ? message : `${message}: ${thrown}`;
  return new ScenarioError({ kind: 'crashed', message: because, hint: null, output });
};
