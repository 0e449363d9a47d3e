// Whether sampling makes the target grow: the RSS of an HTTP server, which sends itself 200 requests a second, while `watch`
// and `serve --push` would sample it, a thousand times: each time a CPU profile and an allocation profile with what stays
// alive. Beside it a server without samplings, with the same work for the same time. Shown: the RSS after a garbage collection
// at the start and in the end, and its slope per sampling with bounds (95 %, Theil-Sen), over the last three quarters: before,
// both warm up. Linux only.
//   node bench/soak-samplings.mjs [samplings, 1000] [node binary…]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { attach } from '../dist/agent/attach/attach.js';
import { captureAllocations } from '../dist/agent/capture/allocation-profile.js';
import { captureCpuProfiles, threadsOf } from '../dist/agent/capture/cpu-profile.js';
import { collectGarbage } from '../dist/agent/capture/collect-garbage.js';
import { computeSlope } from '../dist/analyzer/growth/readings/slope.js';

const [samplings = '1000', ...binaries] = process.argv.slice(2);
const durationMs = 50; // of the CPU profile, and of each of the two phases of the sampling
const readEvery = Math.max(1, Math.round(Number(samplings) / 40));

const service = `
const http = require('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const handle = (request, response) => {
  const items = Array.from({ length: 40 }, (_, i) => ({ id: i, name: 'item ' + i, url: request.url }));
  response.end(JSON.stringify(items));
};
const server = http.createServer(handle).listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const ask = (i) => http.get({ port, host: '127.0.0.1', agent, path: '/' + i }, (response) => response.resume());
  setInterval(() => [0, 1, 2, 3, 4].forEach(ask), 25);
  console.log('ready');
});
`;

const start = async (binary) => {
  const child = spawn(binary, ['--inspect-port=0', '-e', service], { stdio: ['ignore', 'pipe', 'ignore'] });
  process.once('exit', () => child.kill());
  await once(child.stdout, 'data');
  return child;
};

const rssOf = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const sample = async (attachment, threads) => {
  await captureCpuProfiles(attachment, threads, { durationMs, intervalUs: 1000, precise: false });
  await captureAllocations(attachment, threads[0], { durationMs, survivors: true, precise: false });
};

const show = (name, points) => {
  const late = points.slice(Math.floor(points.length / 4));
  const { estimate, low, high } = computeSlope(late, 0.05);
  const [first, last] = [late[0].y, late.at(-1).y].map((y) => y.toFixed(1));
  const slope = [estimate, low, high].map((mb) => (mb * 1024).toFixed(2));
  console.log(`  ${name.padEnd(18)} ${first} -> ${last} MB, ${slope[0]} KB a sampling (${slope[1]} to ${slope[2]})`);
};

for (const binary of binaries.length > 0 ? binaries : [process.execPath]) {
  const [sampled, control] = [await start(binary), await start(binary)];
  await sleep(5000);
  const attachments = [];
  for (const { pid } of [sampled, control]) attachments.push(await attach({ kind: 'pid', pid }));
  const threads = await threadsOf(attachments[0], false);
  const points = [[], []];
  for (let count = 1; count <= Number(samplings); count++) {
    await sample(attachments[0], threads);
    if (count % readEvery !== 0) continue;
    for (const [i, attachment] of attachments.entries()) {
      await collectGarbage(attachment.session, 10_000);
      points[i].push({ x: count, y: rssOf(attachment.pid) });
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${count} of ${samplings}`);
  }
  console.log(`${attachments[0].nodeVersion}, ${samplings} samplings:`);
  show('sampled', points[0]);
  show('without samplings', points[1]);
  for (const attachment of attachments) await attachment.detach();
  for (const child of [sampled, control]) child.kill();
}
