// The detection curve of the bounds on growth: how large a share of leaks of a given rate is proved, and after how many
// seconds, and how often bounds that should hold in 95 of 100 watches do not. The readings are drawn, with errors of the
// kinds that processes show; each watch ends at the first proof, or when its time is over.
//   node bench/detection-curve.mjs [--heap 20] [--runs 200]     (after npm run build; heap in MB)
import { parseArgs } from 'node:util';
import { computeBounds } from '../dist/analyzer/growth/readings/bounds.js';
import { isLookDue } from '../dist/analyzer/growth/readings/sequential.js';

const { values } = parseArgs({
  options: { heap: { type: 'string', default: '20' }, runs: { type: 'string', default: '200' } },
});
const heapBytes = Number(values.heap) * 2 ** 20;
const runs = Number(values.runs);
const tickMs = 700;

let state = 14;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Bytes by which a reading of the collected heap is off; each call is a new process. */
const errors = {
  'independent, 30 KB': () => () => 30_000 * gauss(),
  'like the one before, 30 KB': () => {
    let error = 0;
    return () => (error = 0.6 * error + 24_000 * gauss());
  },
  'jumps of 300 KB': () => () => (random() < 0.35 ? 300_000 : 0) + 5000 * gauss(),
  'sawtooth of 17 readings, 1 MB': () => {
    let at = Math.floor(random() * 17);
    return () => (at++ % 17) * 60_000 + 5000 * gauss();
  },
};

const unread = { arrayBuffersBytes: 0, externalBytes: 0, heapTotalBytes: 0, rssBytes: null, nativeContexts: 1 };
const none = { fileDescriptors: null, threads: null, childProcesses: null, childrenRssBytes: null };
const rest = { ...unread, ...none, resources: {}, workers: [], allocatedBytes: 0, cpuUs: 0, longestGcPauseUs: null };

const watch = (bytesPerSecond, error, allowedMs) => {
  const readings = [];
  let isWrong = false;
  for (let atMs = 0; atMs <= allowedMs; atMs += tickMs) {
    readings.push({ ...rest, atMs, heapUsedBytes: heapBytes + (bytesPerSecond * atMs) / 1000 + error() });
    if (!isLookDue(readings.length)) continue;
    const [heap] = computeBounds(readings, allowedMs);
    isWrong ||= heap.slope.low > bytesPerSecond || heap.slope.high < bytesPerSecond;
    if (heap.state === 'grows') return { foundMs: atMs, isWrong };
  }
  return { foundMs: undefined, isWrong };
};

const rates = [
  { text: 'no growth', perSecond: 0, allowedMs: 60_000 },
  { text: '1 % an hour, 10 min allowed', perSecond: heapBytes / 100 / 3600, allowedMs: 600_000 },
  { text: '10 % an hour, 10 min allowed', perSecond: heapBytes / 10 / 3600, allowedMs: 600_000 },
  ...[0.3, 1, 3, 10, 30].map((percent) => ({
    text: `${percent} % a minute, 1 min allowed`,
    perSecond: (heapBytes * percent) / 100 / 60,
    allowedMs: 60_000,
  })),
];

console.log(`a heap of ${values.heap} MB, ${runs} watches each`);
console.log(['errors of readings', 'growth', 'found %', 'median s', 'bounds wrong %'].join('\t'));
for (const [name, make] of Object.entries(errors))
  for (const { text, perSecond, allowedMs } of rates) {
    const watches = Array.from({ length: runs }, () => watch(perSecond, make(), allowedMs));
    const found = watches.flatMap(({ foundMs }) => foundMs ?? []).toSorted((a, b) => a - b);
    const median = found.length === 0 ? '-' : (found[Math.floor(found.length / 2)] / 1000).toFixed(1);
    const wrong = watches.filter(({ isWrong }) => isWrong).length;
    const percent = (count) => ((100 * count) / runs).toFixed(1);
    console.log([name, text, percent(found.length), median, percent(wrong)].join('\t'));
  }
