// What `memwatch cpu` (1 ms) and `memwatch alloc` (512 KiB) cost a busy HTTP server: CPU time per request, by the
// kernel's own count, of its main thread (which a request waits for) and of the whole process (with V8's sampling thread).
// Server and load are separate processes, each on its own core if there are two; the server gets priority over
// other processes if that is allowed, because V8 samples by the clock: a server that gets half a core pays twice per
// request. Windows without and with a capture alternate, with a rest after each capture, and a capture is compared with
// the windows on both its sides, so that drift cancels out; each kind follows each other one equally often, and
// --precise, which makes V8 compile all code again, comes after the others, half as often. Shown: the median with its standard
// error; `nothing` is the same without a capture, V8's sampler is the cost of Profiler.start alone. `agent inside` compares
// two servers, one with the agent, which rest in turn; a third, without it, shows how far two servers differ. They are measured
// after the agent's first sample; at last, what each takes while none has any work. Linux only.
//   node bench/target-cost.mjs [--agent] [rounds, 20] [node binary…]      --agent: only the agent's rows
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { captureAllocations } from '../dist/agent/capture/allocation-profile.js';
import { attach } from '../dist/agent/attach/attach.js';
import { captureCpuProfiles, threadsOf } from '../dist/agent/capture/cpu-profile.js';
import { parseTarget } from '../dist/agent/attach/target.js';
import { pinned, startServer } from './target-server.mjs';

const onlyAgent = process.argv.includes('--agent');
const [rounds = '20', ...binaries] = process.argv.slice(2).filter((word) => word !== '--agent');
const windowMs = 600;
/** Times to wait after a capture began and after it ended: the cost of beginning and ending is not measured. */
const settleMs = { begun: 250, over: 700 };
/** With --precise, all code is compiled again at both ends, which takes about a second. */
const settlePreciseMs = { begun: 1500, over: 1500 };

/** CPU microseconds per request, over a window. */
const measure = async ({ read }) => {
  const from = await read();
  await sleep(windowMs);
  const to = await read();
  const served = to.served - from.served;
  if (served === 0) throw new Error(`nothing was served for ${windowMs} ms: the machine is too busy to measure on`);
  return {
    mainUs: (to.mainNs - from.mainNs) / 1000 / served,
    allUs: (to.allNs - from.allNs) / 1000 / served,
    core: (to.mainNs - from.mainNs) / 1e6 / (to.atMs - from.atMs),
  };
};

/** The same during a capture: the window begins once sampling has begun, and ends before it stops. */
const measureDuring = async (target, capture, { begun, over }) => {
  const stop = new AbortController();
  const capturing = capture(stop.signal);
  await sleep(begun);
  const cost = await measure(target);
  stop.abort();
  await capturing;
  await sleep(over);
  return cost;
};

/** Resolves when the signal is aborted; the timer keeps the process alive. */
const aborted = (signal) => sleep(60_000, undefined, { signal }).catch(() => {});

const sampler = async ({ main }, signal) => {
  await main.send('Profiler.enable');
  await main.send('Profiler.setSamplingInterval', { interval: 1000 });
  await main.send('Profiler.start');
  await aborted(signal);
  await main.send('Profiler.stop');
};

const cpu = (precise) => async (attachment, signal) => {
  const threads = await threadsOf(attachment, false);
  await captureCpuProfiles(attachment, threads, { durationMs: 60_000, intervalUs: 1000, precise, signal });
};

const kinds = {
  nothing: (_, signal) => aborted(signal),
  "V8's sampler, 1 ms": sampler,
  'cpu, 1 ms': cpu(false),
  'alloc, 512 KiB': async (attachment, signal) => {
    const [thread] = await threadsOf(attachment, false);
    const options = { durationMs: 60_000, intervalBytes: 512 * 1024, precise: false, survivors: false, signal };
    await captureAllocations(attachment, thread, options);
  },
};
const precise = 'cpu, 1 ms, --precise';

/**
 * An order in which, over n rounds, each of n kinds (an even number) follows each other kind once: 0 1 n-1 2 n-2…, shifted
 * by the round.
 */
const orderOf = (round, names) =>
  names.map((_, i) => names[((i % 2 === 0 ? -i / 2 : (i + 1) / 2) + round + 2 * names.length) % names.length]);

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)];
const percent = (value) => `${value < 0 ? '' : '+'}${value.toFixed(1)} %`;
/** The median, and its standard error estimated from the middle half of the rounds, so that a single outlier affects neither. */
const middle = (values) => {
  const half = quantile(values, 0.75) - quantile(values, 0.25);
  return `${percent(quantile(values, 0.5))} ± ${((1.253 * half) / 1.349 / Math.sqrt(values.length)).toFixed(1)}`;
};

/** How much more a capture costs than the windows before and after it, in per cent. */
const costOf = (before, during, after) => {
  const cost = (key) => 100 * (during[key] / Math.sqrt(before[key] * after[key]) - 1);
  return { main: cost('mainUs'), all: cost('allUs'), baseUs: before.mainUs, core: during.core };
};

/** Runs the captures one after the other; returns a list of costs for each name. */
const runAll = async (target, attachment, list, settle) => {
  const results = new Map();
  let before = await measure(target);
  for (const [name, capture] of list) {
    const during = await measureDuring(target, (signal) => capture(attachment, signal), settle);
    const after = await measure(target);
    results.set(name, [...(results.get(name) ?? []), costOf(before, during, after)]);
    before = after;
  }
  return results;
};

const agentFile = fileURLToPath(new URL('../dist/inside/agent.cjs', import.meta.url));

/** The agent is in a program from its start, so each way is a server of its own: one serves while the others rest. */
const agentWays = {
  'no agent, again': undefined,
  'agent inside': {},
  'agent, --no-cpu': { MEMWATCH_AGENT_CPU: '0' },
};

/** CPU milliseconds a second of servers that have nothing to do, all at the same time: a value for each window. */
const measureIdle = async (servers) => {
  const idle = servers.map(([name]) => [name, { main: [], all: [] }]);
  for (let window = 0; window < idleWindows; window++) {
    const from = await Promise.all(servers.map(([, { read }]) => read()));
    await sleep(idleWindowMs);
    for (const [at, [, { read }]] of servers.entries()) {
      const to = await read();
      for (const key of ['main', 'all'])
        idle[at][1][key].push((to[`${key}Ns`] - from[at][`${key}Ns`]) / 1e3 / (to.atMs - from[at].atMs));
    }
  }
  return idle;
};
/** As long as a CPU profile of the agent: the end of one costs the most. */
const idleWindowMs = 10_000;
const idleWindows = 6;

/** The mean of windows, and two standard errors. */
const meanOf = (values) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = 2 * Math.sqrt(squares / (values.length - 1) / values.length);
  return `${mean.toFixed(2)} ± ${error.toFixed(2)} ms/s`;
};

const runAgents = async (binary, plain, count) => {
  const keep = mkdtempSync(`${tmpdir()}/memwatch-bench-`);
  const servers = [];
  for (const [name, env] of Object.entries(agentWays)) {
    Object.assign(process.env, { MEMWATCH_AGENT_KEEP: keep, MEMWATCH_AGENT_CPU: '1' }, env);
    servers.push([name, await startServer(binary, env === undefined ? [] : ['--require', agentFile])]);
  }
  await sleep(15_000); // past the first sample
  const all = [plain, ...servers.map(([, server]) => server)];
  for (const { load } of all) load.send('rest');
  const results = new Map(servers.map(([name]) => [name, []]));
  let before = await measureAlone(plain);
  for (let round = 0; round < count; round++)
    for (const [name, server] of servers) {
      const during = await measureAlone(server);
      const after = await measureAlone(plain);
      results.get(name).push(costOf(before, during, after));
      before = after;
    }
  const idle = await measureIdle([['no agent', plain], ...servers]);
  for (const [, { load, child }] of servers) {
    load.disconnect();
    child.kill();
  }
  await sleep(1000);
  rmSync(keep, { recursive: true, force: true });
  plain.load.send('go');
  return { results, idle };
};

/** While the other servers rest: V8 samples by the clock, and a server that gets half a core would pay twice. */
const measureAlone = async (server) => {
  server.load.send('go');
  await sleep(settleMs.begun);
  const cost = await measure(server);
  server.load.send('rest');
  return cost;
};

for (const binary of binaries.length > 0 ? binaries : [process.execPath]) {
  const target = await startServer(binary);
  await sleep(3000); // let it warm up
  const attachment = onlyAgent ? undefined : await attach(parseTarget(String(target.child.pid), undefined));
  const numbers = Array.from({ length: Number(rounds) }, (_, round) => round);
  const plain = numbers.flatMap((round) => orderOf(round, Object.keys(kinds)).map((name) => [name, kinds[name]]));
  const last = numbers.slice(0, Math.ceil(numbers.length / 2)).map(() => [precise, cpu(true)]);
  const captures =
    attachment === undefined
      ? []
      : [
          ...(await runAll(target, attachment, plain, settleMs)),
          ...(await runAll(target, attachment, last, settlePreciseMs)),
        ];
  await attachment?.detach();
  const agents = await runAgents(binary, target, Number(rounds));
  const results = [...captures, ...agents.results];
  const median = (key) =>
    quantile(
      results.flatMap(([, costs]) => costs.map((cost) => cost[key])),
      0.5,
    );
  console.log(
    `\nNode ${execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()}: ${median('baseUs').toFixed(0)} us CPU a request, ` +
      `${(100 * median('core')).toFixed(0)} % of a core${pinned ? ', pinned' : ''}` +
      `${target.first ? ', put before others' : ''}; ${rounds} rounds`,
  );
  console.log(`${''.padEnd(22)}${'main thread'.padEnd(20)}whole process`);
  const names = [...Object.keys(kinds), precise, ...Object.keys(agentWays)];
  for (const [name, costs] of results.toSorted(([a], [b]) => names.indexOf(a) - names.indexOf(b)))
    console.log(
      `${name.padEnd(22)}${middle(costs.map(({ main }) => main)).padEnd(20)}${middle(costs.map(({ all }) => all))}`,
    );
  console.log('\nidle, CPU time');
  for (const [name, { main, all }] of agents.idle)
    console.log(`${name.padEnd(22)}${meanOf(main).padEnd(20)}${meanOf(all)}`);
  target.load.disconnect();
  target.child.kill();
}
process.exit(0);
