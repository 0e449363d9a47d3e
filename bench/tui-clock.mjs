// Loaded into the measured program by bench/tui.mjs (`node --import`). Records when each key was read from the terminal and
// when its answer had been written, on the clock that all processes of the machine share; how long the thread was ready to
// run but had no core; and every garbage collection. Writes this at the end to the file named by TUI_CLOCK.
import { readFileSync, writeFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Milliseconds for which this thread was ready to run, but other processes had the core. */
const waitedMs = () => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
};

if (isMainThread) {
  const startMs = nowMs() - performance.now();
  const [reads, writes, collections] = [[], [], []];
  new PerformanceObserver((list) => {
    for (const { startTime, duration, detail } of list.getEntries()) {
      collections.push([startMs + startTime, duration, detail.kind]);
    }
  }).observe({ entryTypes: ['gc'] });
  const emit = process.stdin.emit.bind(process.stdin);
  process.stdin.emit = (name, ...args) => {
    if (name === 'data') reads.push([nowMs(), waitedMs()]);
    return emit(name, ...args);
  };
  const write = process.stdout.write.bind(process.stdout); // returns when the terminal has taken the bytes
  process.stdout.write = (...args) => {
    const result = write(...args);
    writes.push([nowMs(), waitedMs()]);
    return result;
  };
  process.on('exit', () => {
    writeFileSync(process.env.TUI_CLOCK, JSON.stringify({ reads, writes, collections }));
  });
}
