// What `memwatch cpu` (1 ms) and `memwatch alloc` (512 KiB) cost a busy HTTP server: CPU time of its main thread for a
// request, by the kernel's own count, beside the same server left alone. Side by side in one run: for each pair a window
// without and a window with memwatch, in turn, on the same process; medians of the pairs' ratios. Linux only.
//   node bench/target-cost.mjs [pairs, 5] [node binary…]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [pairs = '5', ...binaries] = process.argv.slice(2);
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const windowMs = 2500;

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

/** Keeps four requests in flight; answers a count of those that were served. */
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
  for (let i = 0; i < 4; i++) go();
  return state;
};

/** CPU microseconds of the server's main thread for a request, over one window. */
const measure = async (pid, state) => {
  const [cpu, served] = [cpuNanoseconds(pid), state.served];
  await sleep(windowMs);
  return (cpuNanoseconds(pid) - cpu) / 1000 / (state.served - served);
};

const withMemwatch = async (args, pid, state) => {
  const seconds = `${(windowMs + 1500) / 1000}s`;
  const child = spawn(process.execPath, [cli, ...args, String(pid), '-d', seconds, '--json'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await sleep(1200); // attached, and sampling
  const cost = await measure(pid, state);
  await ended;
  return cost;
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const kinds = {
  'cpu, 1 ms': ['cpu'],
  'alloc, 512 KiB': ['alloc', '--no-survivors'],
  'cpu, 1 ms, --precise': ['cpu', '--precise'],
};

for (const binary of binaries.length > 0 ? binaries : [process.execPath]) {
  const child = spawn(binary, ['--inspect-port=0', '-e', server], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [port] = await once(child.stdout, 'data');
  const state = load(Number(port));
  await sleep(2000); // warm
  for (const [name, args] of Object.entries(kinds)) {
    const bases = [];
    const ratios = [];
    for (let pair = 0; pair < Number(pairs); pair++) {
      const base = await measure(child.pid, state);
      bases.push(base);
      ratios.push((await withMemwatch(args, child.pid, state)) / base - 1);
      await sleep(500);
    }
    const shown = ratios.map((ratio) => `${(100 * ratio).toFixed(1)}`).join(' ');
    console.log(
      `${binary.split('/').slice(-5)[0]} ${name}: ${(100 * median(ratios)).toFixed(1)} % CPU a request (base ${median(bases).toFixed(0)} us; pairs ${shown})`,
    );
  }
  state.over = true;
  child.kill();
}
process.exit(0);
