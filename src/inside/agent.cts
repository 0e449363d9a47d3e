/**
 * The agent inside a program: `node --import @memwatch/memwatch/agent app.js`. It runs before the program's first line and
 * does as little as it can there: it starts a thread of its own (watch-worker.ts), which asks this thread for figures and
 * profiles over the inspector, also while the program is blocked. Nothing here throws into the program.
 * In: environment variables. Out: a folder of evidence, for `memwatch why`.
 */
import type * as Settings from './settings.js' with { 'resolution-mode': 'import' };
import type Inspector = require('node:inspector');
import process = require('node:process');
import workerThreads = require('node:worker_threads');
import ends = require('./ends.cjs');
import logs = require('./logs.cjs');
import careful = require('./quietly.cjs');

const key = Symbol.for('memwatch.agent');
const { env, memoryUsage, getActiveResourcesInfo } = process;
// as they are before the program's first line: programs replace them, for instance to test with a clock of their own
const { performance } = process.getBuiltinModule('node:perf_hooks');
const { now } = Date;
const { load, store } = Atomics;
const { apply, deleteProperty, get } = Reflect;
const { quietly, firstLineOf, reasonOf, say } = careful;
type Keeper = Settings.Keeper;

const numberOf = (text: string | undefined, otherwise: number): number => {
  const number = Number(text ?? otherwise);
  return Number.isFinite(number) && number >= 0 ? number : otherwise;
};

/** V8 gives up when the old objects reach their own limit; undefined: the program sets none. */
const oldObjectsLimit = (): number | undefined => {
  const flags = [...process.execArgv, env['NODE_OPTIONS'] ?? ''].join(' ');
  const megabytes = /--max[-_]old[-_]space[-_]size[= ](\d+)/.exec(flags)?.[1];
  return megabytes !== undefined && Number(megabytes) > 0 ? Number(megabytes) * 2 ** 20 : undefined;
};

const temporary = (env['TMPDIR'] ?? '/tmp').replace(/\/+$/, '');
/** The agent's thread checks that this user has made it. */
const defaultFolder = (): string => `${temporary}/memwatch-agent-${process.getuid?.() ?? 0}`;

const gc = { count: 0, us: 0 };

/** Garbage collections are counted by Node; their entries come when the loop turns. */
const countCollections = (): void => {
  const { PerformanceObserver } = process.getBuiltinModule('node:perf_hooks');
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      gc.count++;
      gc.us += duration * 1000;
    }
  }).observe({ entryTypes: ['gc'] });
};

const readFigures = (): Settings.AgentFigures => {
  logs.lookAtInspector();
  const { heapUsed, heapTotal, external, arrayBuffers } = memoryUsage();
  const guard: { clients: ReadonlyMap<string, unknown> } | undefined = get(process, Symbol.for('memwatch'));
  const { utilization } = performance.eventLoopUtilization();
  const handles = getActiveResourcesInfo().length;
  const { count, us } = gc;
  return [
    heapUsed,
    heapTotal,
    external,
    arrayBuffers,
    count,
    us,
    utilization,
    handles,
    guard?.clients.size ?? 0,
    stops,
  ];
};

/** As long as it is connected, V8 samples. */
let sampling: Inspector.Session | undefined;

/**
 * V8 samples what is allocated from now on. The agent's own thread needs 0.1 to 0.3 s until it could start this, and a
 * program may fill its heap within that.
 */
const sampleFromTheStart = (): void => {
  try {
    const { Session } = process.getBuiltinModule('node:inspector');
    sampling = new Session();
    sampling.connect();
    sampling.post('HeapProfiler.startSampling', { samplingInterval: 512 * 1024 }, () => {});
  } catch {
    // the agent's thread says what it cannot do
  }
};

let stops = 0;
/** Called by a memwatch that is attached and is about to sample the heap itself: V8 has one sampler for all. */
const stopSampling = (): void => quietly(endSampling);

const endSampling = (): void => {
  stops++;
  // in a session that stays: at the end of one V8 forgets its ids, by which a search for leaks compares its snapshots
  sampling?.post('HeapProfiler.stopSampling', () => {}); // an error: nothing was being sampled
};

/**
 * When an inspector opens in the primary of a cluster, Node tells the primary, which then sends SIGUSR1 to its workers. So
 * this message is held back. A later SIGUSR1 opens the same port as before.
 */
const openInspector = (): void => {
  const inspector = process.getBuiltinModule('node:inspector');
  if (inspector.url() !== undefined) return;
  logs.expectInspector();
  const { debugPort, emit } = process;
  const own = Object.getOwnPropertyDescriptor(process, 'emit');
  const mute = (...event: unknown[]): unknown => event[0] !== 'internalMessage' && apply(emit, process, event);
  Object.defineProperty(process, 'emit', { value: mute, configurable: true, writable: true });
  try {
    inspector.open(0, '127.0.0.1', false);
  } finally {
    if (own === undefined) deleteProperty(process, 'emit');
    else Object.defineProperty(process, 'emit', own);
    process.debugPort = debugPort;
  }
};

/**
 * Node emits 'worker' on `process` in the next tick, when the program has begun: its listeners would see the agent's thread,
 * and an `emit` of its own that throws would end it. So that tick, the only one without arguments, runs at once.
 */
const announcedAtOnce = (create: () => workerThreads.Worker): workerThreads.Worker => {
  const { nextTick } = process;
  process.nextTick = (callback: (...given: unknown[]) => void, ...given: unknown[]): void =>
    given.length === 0 ? quietly(callback) : nextTick(callback, ...given);
  try {
    return create();
  } finally {
    process.nextTick = nextTick;
  }
};

const startWorker = (start: Settings.AgentStart): workerThreads.Worker => {
  const file = `${__dirname}/watch-worker.js`;
  // without the program's flags and environment: they could load the program's own hooks into the agent's thread
  const options = { workerData: start, execArgv: [], env: {}, stdin: false };
  const worker = announcedAtOnce(() => new workerThreads.Worker(file, options));
  worker.on('message', (message: { ping: number; sentMs: number } | { say: string }) => {
    if ('say' in message) return say(message.say);
    start.shared[1] = Math.max(0, Math.round((now() - message.sentMs) * 1000));
    start.shared[0] = message.ping;
  });
  worker.on('error', (error: Error) => {
    store(start.shared, 3, ends.states.ended);
    say(`the agent inside has ended: ${reasonOf(error)}`);
  });
  worker.unref(); // after the listeners, which would keep the program alive
  return worker;
};

const watchSignal = ({ send }: Keeper): void => {
  const signal = (env['MEMWATCH_AGENT_SIGNAL'] ?? 'SIGUSR2') as NodeJS.Signals;
  if ((signal as string) === '') return;
  const onSignal = (): void => quietly(() => send({ kind: 'evidence', why: signal, isAsked: true }));
  const leaveToProgram = (name: string | symbol): void => {
    if (name !== signal) return;
    process.removeListener('newListener', leaveToProgram);
    // not at once: the program's listener is not added yet, and without any listener Node stops catching the signal
    queueMicrotask(() => process.removeListener(signal, onSignal));
    say(`the program uses ${signal} itself, so the agent leaves it; MEMWATCH_AGENT_SIGNAL names another`);
  };
  process.on(signal, onSignal);
  process.on('newListener', leaveToProgram);
};

const inWorker = (settings: Settings.AgentStart): Keeper => {
  const worker = startWorker(settings);
  const { shared } = settings;
  return {
    worker,
    send: (message) => worker.postMessage(message),
    state: () => load(shared, 3),
    wait: () => ends.waitForEnd(shared),
  };
};

const inProcess = (settings: Settings.AgentStart): Keeper => {
  let send: ((message: Settings.AgentMessage) => void) | undefined;
  const flags = '--allow-addons --allow-child-process --allow-fs-read=* --allow-fs-write=DIR';
  const needs = `the permission model allows no inspector before Node 24, so it needs v8-profiler-next and ${flags}`;
  import('./in-process.js')
    .then(({ watchInProcess }) => (send = watchInProcess(settings, readFigures)))
    .catch((error: unknown) => say(`the agent inside does not work: ${needs} (${firstLineOf(error)})`));
  return {
    send: (message) => send?.(message),
    state: () => (send === undefined ? ends.states.ended : ends.states.works),
    wait: () => {},
  };
};

/** Node 20 and 22 allow none under the permission model. */
const hasInspector = (): boolean =>
  get(process, 'permission') === undefined || Number.parseInt(process.versions.node) >= 24;

const start = (): void => {
  const named = env['MEMWATCH_AGENT_KEEP'];
  const keep = named === undefined || named === '' ? defaultFolder() : named;
  const shared = new Int32Array(new SharedArrayBuffer(16));
  const keeper = (hasInspector() ? inWorker : inProcess)({
    keep,
    runtime: env['XDG_RUNTIME_DIR'] ?? temporary,
    startedMs: now(),
    script: process.argv[1] ?? '',
    oldObjectsLimitBytes: oldObjectsLimit(),
    blockedMs: numberOf(env['MEMWATCH_AGENT_BLOCKED_MS'], 1000),
    cpu: env['MEMWATCH_AGENT_CPU'] !== '0',
    snapshot: env['MEMWATCH_AGENT_SNAPSHOT'] === '1',
    shared,
  });
  const inside = { read: readFigures, open: openInspector, stopSampling };
  Object.defineProperty(process, key, { value: inside, configurable: true });
  if (hasInspector()) sampleFromTheStart();
  if (hasInspector()) logs.logPastSession();
  ends.watchEnd(keeper);
  ends.watchWorkers(keeper, keeper.worker);
  watchSignal(keeper);
  setImmediate(() => quietly(countCollections)).unref();
  if (keep !== named) say(`the agent inside keeps its evidence in ${keep}`);
};

const isOff = env['MEMWATCH_AGENT'] === '0' || !workerThreads.isMainThread || get(process, key) !== undefined;
if (!isOff) quietly(start);
