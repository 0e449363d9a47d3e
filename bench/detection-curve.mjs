// The detection curve: how large a share of leaks of a given rate is seen, and after how many seconds, and how often bounds
// that should hold in 95 of 100 watches do not. The readings are drawn, with errors of the kinds that processes show; each
// watch ends at the first proof, or when its time is over.
// - by readings: growth of the heap is proved, by however little (a search follows).
// - by counts: a class rises in the counts of objects. Five other classes come and go with the work: what is found
//   without growth is the share of searches that find nothing.
//   node bench/detection-curve.mjs [--heap 20] [--runs 200]     (after npm run build; heap in MB)
import { parseArgs } from 'node:util';
import { computeBounds } from '../dist/analyzer/growth/readings/bounds.js';
import { anyRises, findRisingLately } from '../dist/analyzer/growth/readings/gate.js';
import { isLookDue } from '../dist/analyzer/growth/readings/sequential.js';

const { values } = parseArgs({
  options: { heap: { type: 'string', default: '20' }, runs: { type: 'string', default: '200' } },
});
const heapBytes = Number(values.heap) * 2 ** 20;
const runs = Number(values.runs);
const tickOf = (allowedMs) => Math.max(700, allowedMs / 400);
const bytesPerObject = 120;

let state = 14;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Bytes by which a reading of the collected heap is off; each call is a new process. */
const errors = {
  // a small idle service without its compiled code
  'independent, 5 KB': () => () => 5000 * gauss(),
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
const rest = {
  ...unread,
  ...none,
  resources: {},
  workers: [],
  codeBytes: null,
  allocatedBytes: 0,
  cpuUs: 0,
  longestGcPauseUs: null,
};

const watch = (bytesPerSecond, error, allowedMs) => {
  const readings = [];
  let isWrong = false;
  for (let atMs = 0; atMs <= allowedMs; atMs += tickOf(allowedMs)) {
    readings.push({ ...rest, atMs, heapUsedBytes: heapBytes + (bytesPerSecond * atMs) / 1000 + error() });
    if (!isLookDue(readings.length)) continue;
    const [heap] = computeBounds(readings, allowedMs);
    isWrong ||= heap.slope.low > bytesPerSecond || heap.slope.high < bytesPerSecond;
    if (heap.state === 'grows' || heap.state === 'creeps') return { foundMs: atMs, isWrong };
  }
  return { foundMs: undefined, isWrong };
};

/** When objects are counted: after each round of the gate, and then at times that double. */
const countTimes = (allowedMs) => {
  const times = [0, 5000, 10_000];
  for (let atMs = 15_000; atMs <= allowedMs; atMs += 5000)
    if (atMs > (allowedMs / 16) * 2 ** (times.length - 3)) times.push(atMs);
  return times;
};

/** The same, by counts of objects. */
const watchCounts = (bytesPerSecond, allowedMs) => {
  const levels = Array.from({ length: 5 }, () => 5 + 20 * random());
  const start = random();
  const readings = [];
  for (const atMs of countTimes(allowedMs)) {
    const leaked = { name: 'Leaked', count: Math.floor(start + ((bytesPerSecond / bytesPerObject) * atMs) / 1000) };
    const others = levels.map((level, i) => ({ name: `${i}`, count: Math.round(level + Math.sqrt(level) * gauss()) }));
    const census = { classes: [leaked, ...others], containers: [], pauseUs: 0 };
    readings.push({ atMs, heapBytes: 0, externalBytes: 0, census });
    if (readings.length >= 3 && anyRises(findRisingLately(readings).rising)) return { foundMs: atMs, isWrong: false };
  }
  return { foundMs: undefined, isWrong: false };
};

const rates = [
  { text: 'no growth', perSecond: 0, allowedMs: 60_000 },
  { text: '1 % an hour, 10 min allowed', perSecond: heapBytes / 100 / 3600, allowedMs: 600_000 },
  { text: '10 % an hour, 10 min allowed', perSecond: heapBytes / 10 / 3600, allowedMs: 600_000 },
  ...[0.3, 1, 3, 10, 30].map((percent) => ({
    text: `${percent} % a minute, 30 s allowed`,
    perSecond: (heapBytes * percent) / 100 / 60,
    allowedMs: 30_000,
  })),
];

const printRow = (name, { text }, watches) => {
  const found = watches.flatMap(({ foundMs }) => foundMs ?? []).toSorted((a, b) => a - b);
  const median = found.length === 0 ? '-' : (found[Math.floor(found.length / 2)] / 1000).toFixed(1);
  const wrong = watches.filter(({ isWrong }) => isWrong).length;
  const percent = (count) => ((100 * count) / runs).toFixed(1);
  console.log([name, text, percent(found.length), median, percent(wrong)].join('\t'));
};
const watches = (look) => Array.from({ length: runs }, look);

console.log(`a heap of ${values.heap} MB, ${runs} watches each`);
console.log(['errors of readings', 'growth', 'found %', 'median s', 'bounds wrong %'].join('\t'));
for (const [name, make] of Object.entries(errors))
  for (const rate of rates)
    printRow(name, rate, watches(() => watch(rate.perSecond, make(), rate.allowedMs))); // prettier-ignore
for (const rate of rates) printRow(`counts of objects of ${bytesPerObject} bytes`, rate, watches(() => watchCounts(rate.perSecond, rate.allowedMs))); // prettier-ignore
