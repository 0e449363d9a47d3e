// What `memwatch cpu` (1 ms) and `memwatch alloc` (512 KiB) cost a busy HTTP server: CPU time a request, by the kernel's
// own count, of its main thread (what a request waits for) and of the whole process (V8's sampling thread included).
// Server and load are processes of their own, each on its own core where there are two; the server is put before
// other processes where that is allowed, because V8 samples by the clock: a server that gets half a core pays twice a
// request. Windows with and without memwatch alternate (off on on off), and what is compared are neighbours, so that
// drift cancels out. Shown: the median with its standard error; `nothing` is the same with nothing done. Linux only.
//   node bench/target-cost.mjs [rounds, 20] [node binary…]
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism, constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { captureAllocations } from '../dist/agent/allocation-profile.js';
import { attach } from '../dist/agent/attach.js';
import { captureCpuProfiles, threadsOf } from '../dist/agent/cpu-profile.js';
import { parseTarget } from '../dist/agent/target.js';

const [rounds = '20', ...binaries] = process.argv.slice(2);
const windowMs = 500;

// about 100 us of JavaScript a request, with the usual mix: objects, strings, JSON, a little arithmetic
const server = `
const http = require('node:http');
function item(i) { return { id: i, name: 'item ' + i, tags: ['a', 'b', String(i % 7)] }; }
function handle(req, res) {
  const items = [];
  for (let i = 0; i < 40; i++) items.push(item(i));
  const text = JSON.stringify(items);
  const hash = [...text].reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7);
  res.end(JSON.stringify({ items: JSON.parse(text).length, hash }) + '-end');
}
const s = http.createServer(handle).listen(0, '127.0.0.1', () => console.log(s.address().port));
`;

const canPin = () => {
  try {
    execFileSync('taskset', ['-c', '1', 'true'], { stdio: 'ignore' });
    return availableParallelism() > 1;
  } catch {
    return false;
  }
};

const putFirst = (pid) => {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`))
      setPriority(Number(thread), constants.priority.PRIORITY_HIGHEST);
    return true;
  } catch {
    return false; // needs the rights for it
  }
};

const pinned = canPin();

const startServer = async (binary) => {
  const command = [...(pinned ? ['taskset', '-c', '1'] : []), binary, '--inspect-port=0', '-e', server];
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = await once(child.stdout, 'data');
  const first = putFirst(child.pid);
  const load = fork(fileURLToPath(new URL('target-load.mjs', import.meta.url)), [String(port).trim(), child.pid]);
  if (pinned) execFileSync('taskset', ['-a', '-p', '-c', '0', String(load.pid)], { stdio: 'ignore' });
  putFirst(load.pid); // a server that waits for its load is not busy
  const read = async () => {
    load.send('read');
    return (await once(load, 'message'))[0];
  };
  return { child, load, read, first };
};

/** CPU microseconds a request, over a window. */
const measure = async ({ read }) => {
  const from = await read();
  await sleep(windowMs);
  const to = await read();
  const served = to.served - from.served;
  return {
    mainUs: (to.mainNs - from.mainNs) / 1000 / served,
    allUs: (to.allNs - from.allNs) / 1000 / served,
    core: (to.mainNs - from.mainNs) / 1e6 / (to.atMs - from.atMs),
  };
};

/** The same, while memwatch captures: begins when it samples, ends before it stops. */
const measureDuring = async (target, capture) => {
  const stop = new AbortController();
  const capturing = capture(stop.signal);
  await sleep(250);
  const cost = await measure(target);
  stop.abort();
  await capturing;
  await sleep(100);
  return cost;
};

const cpu = (precise) => async (attachment, signal) => {
  const threads = await threadsOf(attachment, false);
  await captureCpuProfiles(attachment, threads, { durationMs: 60_000, intervalUs: 1000, precise, signal });
};

const kinds = {
  nothing: async () => {},
  'cpu, 1 ms': cpu(false),
  'alloc, 512 KiB': async (attachment, signal) => {
    const [thread] = await threadsOf(attachment, false);
    const options = { durationMs: 60_000, intervalBytes: 512 * 1024, precise: false, survivors: false, signal };
    await captureAllocations(attachment, thread, options);
  },
  'cpu, 1 ms, --precise': cpu(true),
};

const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)];
const percent = (value) => `${value < 0 ? '' : '+'}${value.toFixed(1)} %`;
/** The median, and its standard error as the middle half of the rounds tells it: a stray round moves neither. */
const middle = (values) => {
  const half = quantile(values, 0.75) - quantile(values, 0.25);
  return `${percent(quantile(values, 0.5))} ± ${((1.253 * half) / 1.349 / Math.sqrt(values.length)).toFixed(1)}`;
};

/** Off, on, on, off: the geometric mean of the two neighbours' ratios, in per cent above 1. */
const compare = async (target, attachment, capture) => {
  const before = await measure(target);
  const during = [
    await measureDuring(target, (signal) => capture(attachment, signal)),
    await measureDuring(target, (signal) => capture(attachment, signal)),
  ];
  const after = await measure(target);
  const cost = (key) => 100 * (Math.sqrt((during[0][key] * during[1][key]) / before[key] / after[key]) - 1);
  return { main: cost('mainUs'), all: cost('allUs'), baseUs: before.mainUs, core: during[0].core };
};

for (const binary of binaries.length > 0 ? binaries : [process.execPath]) {
  const target = await startServer(binary);
  await sleep(3000); // warm
  const attachment = await attach(parseTarget(String(target.child.pid), undefined));
  const results = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, capture] of Object.entries(kinds)) results[name].push(await compare(target, attachment, capture));
  const all = Object.values(results).flat();
  console.log(
    `\nNode ${attachment.nodeVersion}: ${quantile(
      all.map(({ baseUs }) => baseUs),
      0.5,
    ).toFixed(0)} us CPU a request, ` +
      `${(
        100 *
        quantile(
          all.map(({ core }) => core),
          0.5,
        )
      ).toFixed(0)} % of a core` +
      `${pinned ? ', pinned' : ''}${target.first ? ', put before others' : ''}; ${rounds} rounds of off, on, on, off`,
  );
  console.log(`${''.padEnd(22)}${'main thread'.padEnd(20)}whole process`);
  for (const [name, costs] of Object.entries(results))
    console.log(
      `${name.padEnd(22)}${middle(costs.map(({ main }) => main)).padEnd(20)}${middle(costs.map((cost) => cost.all))}`,
    );
  await attachment.detach();
  target.load.disconnect();
  target.child.kill();
}
process.exit(0);
