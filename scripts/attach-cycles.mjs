// Attaches to an idle target and leaves it again and again, and prints what its collected heap holds after each block of
// cycles, on each Node: nothing may grow with the cycles. The target collects garbage and reads its heap itself.
//   node scripts/attach-cycles.mjs [--cycles 200] [--block 50] [--nodes 20,22,24,26] [--work none|reading|room|probe]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { nodeBinary } from '../.test/support/nodes.js';
import { withAttachment } from '../dist/agent/attach/attach.js';
import { watchReadings } from '../dist/agent/capture/readings.js';
import { readRoom } from '../dist/agent/capture/room.js';
import { findLiveFunction } from '../dist/agent/lines/live-function.js';
import { captureProbe } from '../dist/agent/lines/probe.js';
import { parseSelector } from '../dist/agent/lines/selector.js';

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '200' },
    block: { type: 'string', default: '50' },
    nodes: { type: 'string', default: '20,22,24,26' },
    work: { type: 'string', default: 'none' },
  },
});

const target = `
function work() {
  let sum = 0;
  for (let i = 0; i < 3; i++) sum += i;
  return sum;
}
setInterval(work, 50);
process.stdin.on('data', () => {
  for (let i = 0; i < 4; i++) gc();
  setTimeout(() => { gc(); console.log(process.memoryUsage().heapUsed); }, 20);
});
console.log('ready');`;

const works = {
  none: async () => {},
  reading: async (attachment) => {
    for await (const _ of watchReadings(attachment, { intervalMs: 100 })) return;
  },
  room: async (attachment) => void (await readRoom(attachment)),
  probe: async (attachment) => {
    const live = await findLiveFunction(attachment, parseSelector('target.cjs:work'));
    await captureProbe(attachment, live, { durationMs: 100, maxHits: 100 });
  },
};

const folder = mkdtempSync(join(tmpdir(), 'memwatch-cycles-'));
writeFileSync(join(folder, 'target.cjs'), target);
for (const major of values.nodes.split(',')) {
  const args = ['--expose-gc', '--inspect-port=0', join(folder, 'target.cjs')];
  const child = spawn(nodeBinary(Number(major)), args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  const heapUsed = async () => {
    child.stdin.write('heap\n');
    return Number((await lines.next()).value);
  };
  const used = [];
  for (let done = 0; done <= Number(values.cycles); done++) {
    if (done % Number(values.block) === 0) used.push(await heapUsed());
    await withAttachment({ kind: 'pid', pid: child.pid, worker: undefined }, {}, works[values.work]);
  }
  child.kill();
  const steps = used.slice(1).map((bytes, at) => ((bytes - used[at]) / 1024 / Number(values.block)).toFixed(2));
  console.log(
    `Node ${major}, ${values.work}: ${used.map((bytes) => (bytes / 1024).toFixed(0)).join(' ')} KB; a cycle: ${steps.join(' ')} KB`,
  );
}
rmSync(folder, { recursive: true });
