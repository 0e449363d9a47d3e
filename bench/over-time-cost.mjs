// What `record` (1 s), `watch` and `serve` (5 s) cost a busy HTTP server: CPU time per request, by the kernel's own count, of
// its main thread and of the whole process. Windows of ten seconds, which hold readings, with windows without between them;
// `nothing` is the same without readings. Server and load as in target-cost.mjs. Shown: the median and its standard error. Linux only.
//   node bench/over-time-cost.mjs [rounds, 6] [node binary…]
import { setTimeout as sleep } from 'node:timers/promises';
import { attach } from '../dist/agent/attach/attach.js';
import { parseTarget } from '../dist/agent/attach/target.js';
import { watchMemory } from '../dist/agent/capture/memory.js';
import { watchReadings } from '../dist/agent/capture/readings.js';
import { pinned, startServer } from './target-server.mjs';

const [rounds = '6', ...binaries] = process.argv.slice(2);
const windowMs = 10_000;
const settleMs = 1500;

const measure = async ({ read }) => {
  const from = await read();
  await sleep(windowMs);
  const to = await read();
  const served = to.served - from.served;
  return { main: (to.mainNs - from.mainNs) / served, all: (to.allNs - from.allNs) / served };
};

const drain = async (readings) => {
  for await (const _ of readings);
};

const kinds = {
  nothing: async () => {},
  'record, 1 s': (attachment, signal) =>
    Promise.all([
      drain(watchReadings(attachment, { intervalMs: 1000, signal })),
      drain(watchMemory(attachment, signal, 1000)),
    ]),
  'watch, 5 s': (attachment, signal) => drain(watchReadings(attachment, { intervalMs: 5000, signal })),
};

/** Attached only meanwhile: what an open inspector costs belongs to the cost. `serve` reads as `watch` does. */
const measureDuring = async (target, attachment, kind) => {
  const stop = new AbortController();
  const work = kind(attachment, stop.signal);
  await sleep(settleMs);
  const cost = await measure(target);
  stop.abort();
  await work;
  await sleep(settleMs);
  return cost;
};

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)];
const middle = (values) => {
  const half = quantile(values, 0.75) - quantile(values, 0.25);
  const error = (1.253 * half) / 1.349 / Math.sqrt(values.length);
  return `${quantile(values, 0.5).toFixed(2)} % ± ${error.toFixed(2)}`;
};

for (const binary of binaries.length > 0 ? binaries : [process.execPath]) {
  const target = await startServer(binary);
  await sleep(3000);
  const results = new Map(Object.keys(kinds).map((name) => [name, []]));
  let before = await measure(target);
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, kind] of Object.entries(kinds)) {
      const attachment =
        name === 'nothing' ? undefined : await attach(parseTarget(String(target.child.pid), undefined));
      const during = await measureDuring(target, attachment, kind);
      await attachment?.detach();
      await sleep(settleMs);
      const after = await measure(target);
      const costOf = (key) => 100 * (during[key] / Math.sqrt(before[key] * after[key]) - 1);
      results.get(name).push({ main: costOf('main'), all: costOf('all') });
      before = after;
    }
  console.log(
    `\n${binary}${pinned ? ', pinned' : ''}; ${rounds} rounds\n${''.padEnd(14)}${'main thread'.padEnd(20)}whole process`,
  );
  for (const [name, costs] of results)
    console.log(
      `${name.padEnd(14)}${middle(costs.map(({ main }) => main)).padEnd(20)}${middle(costs.map(({ all }) => all))}`,
    );
  target.load.disconnect();
  target.child.kill();
}
process.exit(0);
