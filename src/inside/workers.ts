/**
 * The program's worker threads: samples of what is alive in each of them, as in the main thread. In: the session of the main
 * thread, by which Node passes commands on to its workers. Out: files whose names begin with the worker's number.
 */
import { threadId } from 'node:worker_threads';
import { openChannel, readMessage, type Channel } from '../agent/session/channel.js';
import type { Evidence } from './evidence.js';
import { samplingOf, type SessionInside } from './main-thread.js';
import { createSamples, type Filled, type Samples } from './samples.js';

export interface Workers {
  /** Writes samples of the workers where one is due. `container`: how full the container is, 0 to 1. */
  pass(container: number): void;
  write(isAsked: boolean): void;
  /** The smallest limit of their heaps. */
  limitBytes(): number;
}

/** Of those that run at once. */
const mostWorkers = 16;

interface Watched {
  readonly samples: Samples;
  readonly limitBytes: number;
  readFilled(): Promise<Filled>;
  /** How often a memwatch that attached has ended the agent's sampling. */
  stops(): number;
  seenStops: number;
  isBusy: boolean;
}

/** By the id of their session. */
type Running = Map<string, Watched>;

/** Watches those that run and those that start. `fail`: takes what goes wrong. */
export const watchWorkers = async (
  main: SessionInside,
  evidence: Pick<Evidence, 'ofWorker'>,
  fail: (error: unknown) => void,
): Promise<Workers> => {
  const watched: Running = new Map();
  await attachToEach(main, evidence, watched, fail);
  /** A worker that does not answer holds up nobody else. */
  const withEach = (work: (one: Watched) => Promise<void>): void => {
    for (const [sessionId, one] of watched) {
      if (one.isBusy) continue;
      one.isBusy = true;
      work(one)
        .catch((error: unknown) => watched.has(sessionId) && fail(error))
        .finally(() => (one.isBusy = false));
    }
  };
  return {
    pass: (container) =>
      withEach(async (one) => {
        const { share } = await one.readFilled();
        if (one.stops() !== one.seenStops) await one.samples.start();
        one.seenStops = one.stops();
        await one.samples.pass(Math.max(share, container));
      }),
    write: (isAsked) => withEach(({ samples }) => samples.write(isAsked)),
    limitBytes: () => Math.min(...[...watched.values()].map(({ limitBytes }) => limitBytes)),
  };
};

const attachToEach = async (
  main: SessionInside,
  evidence: Pick<Evidence, 'ofWorker'>,
  watched: Running,
  fail: (error: unknown) => void,
): Promise<void> => {
  const channels = new Map<string, Channel>();
  const add = async (sessionId: string, worker: string): Promise<void> => {
    const channel = openChannel((message) => main.send('NodeWorker.sendMessageToWorker', { sessionId, message }));
    channels.set(sessionId, channel);
    const one = await watch(channel, evidence.ofWorker(Number(worker)), `worker ${worker}`);
    if (channels.has(sessionId)) watched.set(sessionId, one);
  };
  main.on('NodeWorker.receivedMessageFromWorker', ({ sessionId, message }) =>
    channels.get(sessionId)?.receive(readMessage(message)),
  );
  main.on('NodeWorker.detachedFromWorker', ({ sessionId }) => {
    channels.delete(sessionId); // what is still asked is never answered
    watched.delete(sessionId);
  });
  main.on('NodeWorker.attachedToWorker', ({ sessionId, workerInfo: { title } }) => {
    const [, worker = ''] = /^\[worker (\d+)\]/.exec(title) ?? [];
    const isWanted = worker !== '' && Number(worker) !== threadId && channels.size < mostWorkers;
    const done = isWanted ? add(sessionId, worker) : main.send('NodeWorker.detach', { sessionId });
    done.catch((error: unknown) => channels.has(sessionId) && fail(error));
  });
  await main.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
};

const watch = async (channel: Channel, files: ReturnType<Evidence['ofWorker']>, thread: string): Promise<Watched> => {
  const session: SessionInside = {
    send: (method, params) => channel.ask(method, params) as Promise<never>,
    on: channel.on,
  };
  const evaluate = async (expression: string): Promise<unknown> =>
    (await session.send('Runtime.evaluate', { expression, returnByValue: true, silent: true })).result.value;
  let stops = 0;
  const limitBytes = Number(await evaluate(enter)) || Infinity;
  const readFilled = async (): Promise<Filled> => {
    const [heapBytes = 0, ended = 0] = ((await evaluate(read)) ?? []) as number[];
    stops = ended;
    return { share: heapBytes / limitBytes, heapBytes };
  };
  const samples = createSamples({ session, ...samplingOf(session) }, files, Date.now(), readFilled, thread);
  await samples.start();
  return { samples, limitBytes, readFilled, stops: () => stops, seenStops: 0, isBusy: false };
};

/** Runs in the worker: lets a memwatch that attaches end the sampling (heap-sampling.ts), and returns the limit of its heap. */
const enter = `(() => {
  const inside = { stops: 0, stopSampling() {
    inside.stops++;
    const { Session } = process.getBuiltinModule('node:inspector');
    const session = new Session();
    session.connect();
    session.post('HeapProfiler.stopSampling', () => {});
    session.disconnect();
  } };
  Object.defineProperty(process, Symbol.for('memwatch.agent'), { value: inside, configurable: true });
  const { maxOldGenerationSizeMb } = process.getBuiltinModule('node:worker_threads').resourceLimits;
  const { heap_size_limit } = process.getBuiltinModule('node:v8').getHeapStatistics();
  return maxOldGenerationSizeMb > 0 ? Math.min(maxOldGenerationSizeMb * 2 ** 20, heap_size_limit) : heap_size_limit;
})()`;

const read = `[process.memoryUsage().heapUsed, process[Symbol.for('memwatch.agent')]?.stops ?? 0]`;
