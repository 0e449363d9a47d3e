/**
 * The agent's own thread in a program. Every tick it looks at the resident memory, which costs the program nothing. Once a
 * second, or when that jumps, it asks the main thread for figures; as the memory comes near its limit, for what is alive
 * and where that was allocated. It writes at once, because the program may be killed at any moment.
 */
import type { Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import { createCpuWindows, noCpuWindows } from './cpu-windows.js';
import { openEvidence } from './evidence.js';
import { watchLoop } from './loop.js';
import { connectMainThread } from './main-thread.js';
import { createReader } from './reader.js';
import { createSamples, type Filled } from './samples.js';
import type { Workers } from './workers.js';
import type { AgentMessage, AgentStart } from './settings.js';

const tickMs = 100;
const readingMs = 1000;
/** How long a program that ends well waits for its last CPU profile. */
const mostEndMs = 150;
/** A change of the resident memory by this share of the limit is looked at without waiting for the next second. */
const jump = 0.02;

const { shared, blockedMs, ...start } = workerData as AgentStart;
Atomics.store(shared, 3, 1);
// if it fails, the program's end is not to wait for it
process.on('exit', () => Atomics.store(shared, 2, 1));
const main = connectMainThread();
const evidence = openEvidence(start, readingMs);
const reader = createReader(main, start.oldObjectsLimitBytes);
const readFilled = async (): Promise<Filled> => {
  const { share, reading } = await reader.read(0);
  return { share, heapBytes: reading.heapUsedBytes };
};
const samples = createSamples(main, evidence, start.startedMs, readFilled);
const cpu = start.cpu ? createCpuWindows(main, evidence) : noCpuWindows;
const snapshots = start.snapshot
  ? import('./snapshots.js').then(({ createSnapshots }) => createSnapshots(evidence))
  : undefined;
const loop = watchLoop(shared, (ping) => parentPort?.postMessage(ping));

/** One job after another: the main thread answers one command at a time, and a job belongs together. */
let jobs: Promise<void> = Promise.resolve();
let marked = '';
const markError = (error: unknown): void => {
  const text = `the agent: ${messageOf(error)}`;
  if (!isEnding && text !== marked) evidence.mark(text); // at the end the session is closed
  marked = text;
};
const markFailure = (work: Promise<void>): Promise<void> => work.catch(markError);
const run = (job: () => Promise<void>): void => {
  jobs = markFailure(jobs.then(job));
};

let stopsSeen = 0;
const look = async (): Promise<void> => {
  const { reading, share, isAttached, stops } = await reader.read(loop.delayUs());
  evidence.reading(reading);
  if (isAttached) return; // that memwatch may be sampling the heap itself
  workers?.pass((reading.cgroupUsedBytes ?? 0) / (reading.cgroupLimitBytes ?? Infinity));
  if (isSampling) return;
  void markFailure(passSnapshots(share));
  isSampling = true; // readings go on meanwhile: the last one before the end says the most
  run(async () => {
    if (stops !== stopsSeen) await samples.start();
    stopsSeen = stops;
    await samples.pass(share);
    await cpu.pass();
  });
  run(async () => void (isSampling = false));
};

const passSnapshots = async (share: number): Promise<void> => (await snapshots)?.pass(share);
const takeSnapshot = async (): Promise<void> => (await snapshots)?.take();

let workers: Workers | undefined;
let isSampling = false;
let isLooking = false;
let isEnding = false;
let isBlocked = false;
let looked = { atMs: 0, rssBytes: 0 };

const tick = (): void => {
  watchBlocked();
  const [atMs, rssBytes] = [Date.now(), process.memoryUsage.rss()];
  const isJump =
    Math.abs(rssBytes - looked.rssBytes) > jump * Math.min(reader.limitBytes(), workers?.limitBytes() ?? Infinity);
  if (isLooking || (atMs - looked.atMs < readingMs && !isJump)) return;
  looked = { atMs, rssBytes };
  isLooking = true;
  loop.ping();
  void markFailure(look()).then(() => (isLooking = false));
};

const watchBlocked = (): void => {
  const blockedUs = loop.blockedUs();
  const wasBlocked = isBlocked;
  isBlocked = blockedMs > 0 && blockedUs > blockedMs * 1000;
  if (!isBlocked || wasBlocked) return;
  run(async () => {
    evidence.mark(`the event loop has not turned for ${Math.round(blockedUs / 1000)} ms`);
    await cpu.cut();
  });
};

const timer = setInterval(tick, tickMs);

const leave = async (isWell: boolean): Promise<void> => {
  // Jest, for instance, kills a worker that needs half a second for its end
  await (isWell ? Promise.race([jobs, delay(mostEndMs)]) : jobs);
  (await door.catch(() => undefined))?.close();
  main.disconnect();
  Atomics.store(shared, 2, 1);
  Atomics.notify(shared, 2);
};

parentPort?.on('message', (message: AgentMessage) => {
  if (message.kind === 'end') {
    clearInterval(timer);
    isEnding = true;
    evidence.end(message.how); // before anything that could take longer than the program waits
    run(cpu.end);
    void leave(message.isWell);
  } else if (message.kind === 'note') {
    evidence.mark(message.text);
  } else {
    run(async () => {
      evidence.mark(`evidence: ${message.why}`);
      await cpu.cut();
      workers?.write(message.isAsked);
      await samples.write(message.isAsked);
      if (message.isAsked) void markFailure(takeSnapshot());
    });
  }
});
run(samples.start);
tick();
run(async () => {
  const { watchWorkers } = await import('./workers.js');
  workers = await watchWorkers(main.session, evidence, markError);
});
// the other folder: the usual one may be missing, or the permission model may not allow it
const openOwnDoor = async (): Promise<Server> => {
  const { openDoor } = await import('./door.js');
  try {
    return await openDoor(start.runtime, main);
  } catch {
    return openDoor(start.keep, main);
  }
};
const door = openOwnDoor();
door.catch((error: unknown) => evidence.mark(`the agent: no door: ${messageOf(error)}`));
