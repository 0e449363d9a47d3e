// Samples one busy target again and again, as `watch` and `serve --push` do for weeks, and prints the target's RSS and
// collected heap: neither may grow with the number of samplings. Each sampling is a reading and, in turn, a CPU profile or a
// sample of allocations, in one attachment. A second target that nobody looks at shows what is its own.
//   node scripts/target-soak.mjs [samplings, 1000] [node binary]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { attach } from '../dist/agent/attach/attach.js';
import { captureAllocations } from '../dist/agent/capture/allocation-profile.js';
import { captureCpuProfiles, threadsOf } from '../dist/agent/capture/cpu-profile.js';
import { watchReadings } from '../dist/agent/capture/readings.js';

const [samplings = '1000', binary = process.execPath] = process.argv.slice(2);
const program = `
let sink = 0;
setInterval(() => { for (let i = 0; i < 2000; i++) sink += JSON.stringify({ i, text: 'x'.repeat(i % 50) }).length; }, 10);
process.stdin.on('data', () => { for (let i = 0; i < 4; i++) gc(); console.log(process.memoryUsage().heapUsed); });
console.log('ready');`;

const start = async () => {
  const child = spawn(binary, ['--expose-gc', '--inspect-port=0', '-e', program], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  return {
    child,
    state: async () => {
      child.stdin.write('heap\n');
      const heap = Number((await lines.next()).value);
      const rss = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
      return `RSS ${(rss / 2 ** 20).toFixed(1)} MB, heap ${(heap / 2 ** 20).toFixed(2)} MB`;
    },
  };
};

const sample = async (attachment, thread, at) => {
  if (at % 2 === 0)
    await captureCpuProfiles(attachment, [thread], { durationMs: 20, intervalUs: 1000, precise: false });
  else
    await captureAllocations(attachment, thread, {
      durationMs: 20,
      intervalBytes: 65_536,
      precise: false,
      survivors: false,
    });
  for await (const _ of watchReadings(attachment, { intervalMs: 100 })) break;
};

const [target, control] = [await start(), await start()];
const attachment = await attach({ kind: 'pid', pid: target.child.pid, worker: undefined });
const [thread] = await threadsOf(attachment, false);
const block = Math.max(1, Math.floor(Number(samplings) / 10));
for (let at = 0; at <= Number(samplings); at++) {
  if (at % block === 0)
    console.log(`${String(at).padStart(6)} samplings: ${await target.state()}; left alone: ${await control.state()}`);
  await sample(attachment, thread, at);
}
await attachment.detach();
console.log(` after detach: ${await target.state()}; left alone: ${await control.state()}`);
for (const { child } of [target, control]) child.kill();
process.exit(0);
