import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attach, withAttachment } from '#memwatch/agent/attach/attach.js';
import { captureAllocations } from '#memwatch/agent/capture/allocation-profile.js';
import { startCensus } from '#memwatch/agent/capture/census.js';
import { captureCpuProfiles, threadsOf } from '#memwatch/agent/capture/cpu-profile.js';
import { watchReadings } from '#memwatch/agent/capture/readings.js';
import type { CensusReading } from '#memwatch/analyzer/model/census.js';
import type { Reading } from '#memwatch/analyzer/model/reading.js';
import { outerMajors } from '../support/nodes.js';
import { startSource, type StartedTarget } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

const pidTarget = ({ pid }: StartedTarget, worker?: string) => ({ kind: 'pid', pid, worker }) as const;

const takeReadings = async (target: StartedTarget, count: number, worker?: string): Promise<Reading[]> =>
  withAttachment(pidTarget(target, worker), {}, async (attachment) => {
    const readings: Reading[] = [];
    for await (const reading of watchReadings(attachment, { intervalMs: 300 })) {
      if (readings.push(reading) === count) break;
    }
    return readings;
  });

for (const node of outerMajors) {
  test(`readings of a Node ${node} tell of memory, CPU, a late event loop, GC and handles`, async (t) => {
    const program = `import { createServer } from 'node:net';
      createServer().listen(0, '127.0.0.1', () => console.log('ready'));
      globalThis.held = new ArrayBuffer(30e6); new Uint8Array(held).fill(1);
      const makeGarbage = () => { for (let i = 0; i < 20_000; i++) globalThis.last = { i, text: 'item ' + i }; };
      setInterval(() => { const end = Date.now() + 100; makeGarbage(); while (Date.now() < end); }, 150);`;
    const target = await startSource(t, program, { node });
    const readings = await takeReadings(target, 3);
    const [, second] = readings;
    assert.ok(second !== undefined);
    const { heap, cpu, loop, handles } = second;
    assert.ok(heap.usedBytes > 1e6 && heap.usedBytes <= heap.totalBytes && heap.totalBytes < heap.limitBytes);
    assert.ok(heap.arrayBuffersBytes >= 30e6 && heap.externalBytes >= heap.arrayBuffersBytes);
    assert.ok(heap.spaces.some(({ name, usedBytes }) => name === 'old_space' && usedBytes > 0));
    assert.ok(second.rssBytes > heap.arrayBuffersBytes);
    assert.ok(second.intervalUs >= 250_000);
    assert.ok(cpu.userUs > 0 && cpu.cores > 0.05);
    const lateUs = Math.max(...readings.map((reading) => reading.loop.delay?.maxUs ?? 0));
    // a timer of 40 ms that fires just before the loop is blocked for 100 ms is late by 60 ms, every other one by more
    assert.ok(lateUs > 50_000, 'a loop that is blocked for 100 ms has late timers');
    assert.ok(loop.utilization > 0.2 && loop.utilization <= 1);
    const minor = readings.flatMap(({ gc }) => gc?.filter(({ kind }) => kind === 'minor') ?? []);
    assert.ok(minor.length > 0 && minor.every(({ count, durationUs }) => count > 0 && durationUs > 0));
    assert.ok(handles.some(({ type, count }) => type === 'TCPServerWrap' && count === 1));
  });
}

test('an idle process reads as idle', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 1000); console.log('ready')`, { node: 24 });
  const [, second] = await takeReadings(target, 2);
  assert.ok(second !== undefined);
  assert.ok(second.loop.utilization < 0.3);
  assert.ok((second.loop.delay?.meanUs ?? Infinity) < 20_000, 'the period of the histogram is no lateness');
});

test('a process that never leaves a loop is read, and reported as blocked', async (t) => {
  const busy = `console.log('ready'); setTimeout(() => { for (;;) Math.sqrt(2); }, 50)`;
  const target = await startSource(t, busy, { node: 22 });
  const readings = await takeReadings(target, 3);
  assert.equal(readings[2]?.loop.delay, null);
  assert.equal(readings[2]?.gc, null);
  assert.ok(Math.max(...readings.map(({ cpu }) => cpu.cores)) > 0.1); // of each: a busy machine may give it little
});

test('a worker is read by its own heap and its own event loop', async (t) => {
  const inWorker = `globalThis.held = Array.from({ length: 3e5 }, (_, i) => ({ i }));
    setInterval(() => {}, 50); require('node:worker_threads').parentPort.postMessage(1)`;
  const program = `import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(inWorker)}, { eval: true, name: 'jobs' }).once('message', () => console.log('ready'));`;
  const target = await startSource(t, program, { node: 24 });
  const [main] = await takeReadings(target, 1);
  const [worker] = await takeReadings(target, 1, 'jobs');
  assert.ok((worker?.heap.usedBytes ?? 0) > (main?.heap.usedBytes ?? Infinity) + 5e6);
});

test('a process that is stopped is waited for in words, and read when it goes on', async (t) => {
  const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`, { node: 20 });
  const said: string[] = [];
  await withAttachment(pidTarget(target), {}, async (attachment) => {
    const readings = watchReadings(attachment, { intervalMs: 200, onSilence: (text) => said.push(text) });
    await readings.next();
    target.child.kill('SIGSTOP');
    const next = readings.next();
    await eventually('it is said', () => said.length > 0);
    target.child.kill('SIGCONT');
    assert.equal((await next).value?.schema, 'memwatch/reading@1');
    await readings.return(undefined);
  });
  assert.match(said[0] ?? '', /it is stopped/);
});

test('readings end with the target', async (t) => {
  const program = `process.once('SIGUSR2', () => process.exit(3)); setInterval(() => {}, 50); console.log('ready')`;
  const target = await startSource(t, program, { node: 24 });
  const attachment = await attach(pidTarget(target));
  let count = 0;
  for await (const reading of watchReadings(attachment, { intervalMs: 100 })) {
    if (reading.uptimeSeconds > 0 && ++count === 1) target.child.kill('SIGUSR2');
  }
  assert.ok(count > 0);
  await attachment.detach();
  assert.equal(await target.exited, 3);
});

test('readings and profiles that are taken again and again leave nothing in the target', async (t) => {
  const target = await startSource(t, "setInterval(() => {}, 1000); console.log('ready');");
  await withAttachment(pidTarget(target), {}, async (attachment) => {
    const census = await startCensus(attachment.session);
    const [thread] = await threadsOf(attachment, false);
    const profile = { durationMs: 1, intervalUs: 1000, precise: false };
    const takeProfiles = async (times: number): Promise<CensusReading['classes']> => {
      for (let i = 0; i < times; i++) {
        await captureCpuProfiles(attachment, [thread], profile);
        await captureAllocations(attachment, thread, { ...profile, survivors: true });
      }
      return (await census.count()).classes;
    };
    const functionsIn = (classes: CensusReading['classes']): number =>
      classes.find(({ name }) => name === 'Function')?.count ?? 0;
    await takeProfiles(3); // what is made once may stay
    const before = functionsIn(await takeProfiles(1));
    const after = functionsIn(await takeProfiles(8));
    assert.ok(before > 0 && after - before < 8, `${before} -> ${after} functions`);
    for (let i = 0; i < 8; i++) for await (const _ of watchReadings(attachment, { intervalMs: 1 })) break;
    const classes = await takeProfiles(1);
    const histograms = classes.filter(({ name }) => /Histogram/.test(name)).map(({ count }) => count);
    assert.ok(Math.max(0, ...histograms) < 6, JSON.stringify(histograms));
    await census.close();
  });
});
