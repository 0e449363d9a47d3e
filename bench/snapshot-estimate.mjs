// Compares the estimated cost of a heap snapshot and of a census with the measured one: memory (how far the RSS rises at its
// peak) and pause, for each shape of heap on each Node. An estimate holds if the measured figure lies within its range; `x` is
// the upper end of the range divided by the measured figure. Linux only, and takes some minutes.
//   node bench/snapshot-estimate.mjs [part of a shape's name, or all] [node binary…]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attach } from '../dist/agent/attach/attach.js';
import { parseTarget } from '../dist/agent/attach/target.js';
import { startCensus } from '../dist/agent/capture/census.js';
import { captureSnapshot } from '../dist/agent/capture/snapshot.js';
import { estimateCensus, estimateSnapshot } from '../dist/captures/estimate.js';
import { shapes } from './heap-shapes.mjs';

const [part = 'all', ...binaries] = process.argv.slice(2);
const program = fileURLToPath(new URL('heap-shapes.mjs', import.meta.url));
const file = join(tmpdir(), `memwatch-estimate-${process.pid}.heapsnapshot`);

const memoryOf = (pid, field) =>
  1024 * Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** How far the RSS rises above its value before, while `work` runs. */
const measure = async (pid, work) => {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const before = memoryOf(pid, 'VmRSS');
  const pauseUs = await work();
  return { extraBytes: memoryOf(pid, 'VmHWM') - before, pauseUs };
};

const captures = {
  snapshot: {
    estimate: estimateSnapshot,
    take: async (attachment) => (await captureSnapshot(attachment, file)).pauseUs,
  },
  census: {
    // as the command does: garbage is collected first
    estimate: (attachment) => estimateCensus(attachment, { collected: true }),
    take: async ({ session, onDetach }) => {
      const census = await startCensus(session);
      onDetach(census.close);
      return (await census.count({ idsFor: 0 })).pauseUs;
    },
  },
};

const run = async (binary, shape, { estimate, take }) => {
  const target = spawn(binary, [program, shape], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(target.stdout, 'data');
    const attachment = await attach(parseTarget(String(target.pid)), {});
    try {
      const said = await estimate(attachment);
      return { version: attachment.nodeVersion, said, taken: await measure(target.pid, () => take(attachment)) };
    } finally {
      await attachment.detach();
    }
  } finally {
    target.kill('SIGKILL');
    for (const suffix of ['', '.scripts.json']) rmSync(file + suffix, { force: true });
  }
};

/** A census of an almost empty heap takes a few megabytes, less than the noise of a process. */
const noise = { extraBytes: 16e6, pauseUs: 100_000 };
const cell = (least, likely, most, truth, unit, floor) => {
  const show = (value) => Math.round(value / unit);
  const kept = truth <= most && (truth >= least || least < floor);
  const times = most / Math.max(truth, floor);
  return `${show(least)}-${show(likely)}-${show(most)} took ${show(truth)} x${times.toFixed(1)} ${kept ? '' : 'NOT KEPT'}`;
};

for (const shape of Object.keys(shapes).filter((name) => part === 'all' || name.includes(part)))
  for (const binary of binaries.length === 0 ? [process.execPath] : binaries)
    for (const [name, capture] of Object.entries(captures)) {
      const { version, said, taken } = await run(binary, shape, capture);
      const memory = [said.leastExtraBytes, said.likelyExtraBytes, said.extraBytes, taken.extraBytes];
      const pause = [said.leastPauseUs, said.pauseUs, said.mostPauseUs, taken.pauseUs];
      console.log(
        [shape.padEnd(28), version.padEnd(9), name.padEnd(8), `heap ${Math.round(said.heapUsedBytes / 1e6)} MB`].join(
          ' ',
        ),
        `| MB: ${cell(...memory, 1e6, noise.extraBytes)} | ms: ${cell(...pause, 1e3, noise.pauseUs)}`,
      );
    }
