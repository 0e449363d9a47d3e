// What `memwatch cpu` (1 ms) and `memwatch alloc` (512 KiB) cost a busy HTTP server: CPU time of its main thread for a
// request, by the kernel's own count. Two equal servers run side by side under the same load; memwatch looks at one and
// then at the other, and the geometric mean of the two ratios is free of what differs between them. Medians. Linux only.
//   node bench/target-cost.mjs [pairs, 5] [node binary…]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [pairs = '5', ...binaries] = process.argv.slice(2);
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const windowMs = 3000;

// about 100 us of JavaScript a request, with the usual mix: objects, strings, JSON, a little arithmetic
const server = `
const http = require('node:http');
function item(i) { return { id: i, name: 'item ' + i, tags: ['a', 'b', String(i % 7)] }; }
function handle(req, res) {
  const items = [];
  for (let i = 0; i < 120; i++) items.push(item(i));
  const text = JSON.stringify(items);
  res.end(JSON.stringify({ items: JSON.parse(text).length, hash: [...text].reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7) }));
}
const s = http.createServer(handle).listen(0, '127.0.0.1', () => console.log(s.address().port));
`;

const cpuNanoseconds = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]);

/** Keeps two requests in flight; answers a count of those that were served. */
const load = (port) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const state = { served: 0, over: false };
  const go = () => {
    if (state.over) return;
    http
      .get({ port, host: '127.0.0.1', agent }, (response) => {
        response.resume();
        response.on('end', () => {
          state.served++;
          go();
        });
      })
      .on('error', () => {});
  };
  for (let i = 0; i < 2; i++) go();
  return state;
};

/** CPU microseconds of each server's main thread for a request, over the same window. */
const measure = async (servers) => {
  const before = servers.map(({ pid, state }) => [cpuNanoseconds(pid), state.served]);
  await sleep(windowMs);
  return servers.map(
    ({ pid, state }, i) => (cpuNanoseconds(pid) - before[i][0]) / 1000 / (state.served - before[i][1]),
  );
};

/** While memwatch looks at the first of the two: what a request costs there, over what it costs beside it. */
const ratioWithMemwatch = async (args, watched, beside) => {
  const seconds = `${(windowMs + 2500) / 1000}s`;
  const child = spawn(process.execPath, [cli, ...args, String(watched.pid), '-d', seconds, '--json'], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await sleep(2000); // attached, and sampling
  const [cost, base] = await measure([watched, beside]);
  bases.push(base);
  await ended;
  return cost / base;
};

const startServer = async (binary) => {
  const child = spawn(binary, ['--inspect-port=0', '-e', server], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = await once(child.stdout, 'data');
  return { pid: child.pid, child, state: load(Number(port)) };
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const kinds = {
  'cpu, 1 ms': ['cpu'],
  'alloc, 512 KiB': ['alloc', '--no-survivors'],
  'cpu, 1 ms, --precise': ['cpu', '--precise'],
};

let bases = [];
for (const binary of binaries.length > 0 ? binaries : [process.execPath]) {
  const [one, two] = [await startServer(binary), await startServer(binary)];
  await sleep(3000); // warm
  for (const [name, args] of Object.entries(kinds)) {
    bases = [];
    const costs = [];
    for (let pair = 0; pair < Number(pairs); pair++) {
      const first = await ratioWithMemwatch(args, one, two);
      costs.push(100 * (Math.sqrt(first * (await ratioWithMemwatch(args, two, one))) - 1));
    }
    const shown = costs.map((cost) => cost.toFixed(1)).join(' ');
    const version = binary.split('/').slice(-5)[0];
    console.log(
      `${version} ${name}: ${median(costs).toFixed(1)} % CPU a request (base ${median(bases).toFixed(0)} us; pairs ${shown})`,
    );
  }
  for (const { state, child } of [one, two]) {
    state.over = true;
    child.kill();
  }
}
process.exit(0);
