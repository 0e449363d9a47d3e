// The detection curve of real processes; detection-curve.mjs draws readings instead. Each run starts a service
// (detection-target.mjs), sends it requests, and looks at it by `memwatch leaks PID --json` with the defaults, or with
// `--max-time 10m` for rates per hour. Rate 0 is the clean twin. Printed per rate: the verdicts; the seconds from the start of
// memwatch to its end; how many leaks were found within the time asked for (30 s, or 10 min for rates per hour); in how many
// the first finding is the container that leaks, at the line that adds to it; and how often the bounds of the heap's growth
// contain the leak's rate, of all reports with bounds. The load is that of the last minute when memwatch starts.
//   node bench/detection-real.mjs [--rates 0,1/min,1/h] [--runs 10] [--at-once 3] [--heap 20] [--warm-up 30] [--keep FOLDER]
//     (after npm run build; rates in % of the heap; heap in MB; --keep writes the report of each run. The service works for
//     --warm-up seconds before memwatch starts: after 30 its cache has turned over once, after 180 V8 compiles hardly more)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '0,1/min,1/h' },
    runs: { type: 'string', default: '10' },
    'at-once': { type: 'string', default: '3' },
    heap: { type: 'string', default: '20' },
    'warm-up': { type: 'string', default: '30' },
    keep: { type: 'string' },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const targetFile = here('detection-target.mjs');
const targetLines = readFileSync(targetFile, 'utf8').split('\n');
/** The container of each kind of leak. */
const names = { map: 'sessions', array: 'events', dictionary: 'visits' };
const kinds = Object.keys(names);
const requestsPerSecond = 50;
const mostPending = 8;

const children = new Set();
const start = (args, stdio) => {
  const child = spawn(process.execPath, args, { stdio });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

const noLeak = 'no leak';
/** `1/min`: 1 % of the heap a minute. */
const parseRate = (text) => {
  const [percent, unit = 'min'] = text.split('/');
  const isHourly = unit === 'h';
  return {
    text: percent === '0' ? noLeak : `${percent} % ${isHourly ? 'an hour' : 'a minute'}`,
    perSecond: Number(percent) / 100 / (isHourly ? 3600 : 60),
    args: isHourly ? ['--max-time', '10m'] : [],
    askedS: isHourly ? 600 : 30,
    mostMs: (isHourly ? 600_000 : 60_000) + 180_000,
  };
};

const startTarget = async (rate, kind) => {
  const args = ['--expose-gc', '--inspect-port=0', targetFile, String(rate.perSecond), kind, values.heap];
  const child = start(args, ['ignore', 'pipe', 'ignore']);
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(60_000) });
  return { child, ...JSON.parse(line) };
};

/** Requests at a steady rate; none is added while several wait for a target that is stopped. */
const sendRequests = (port) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  let pending = 0;
  const ask = () => {
    if (pending >= mostPending) return;
    pending++;
    const path = `/${Math.floor(Math.random() * 5000)}`;
    const request = http.get({ host: '127.0.0.1', port, path, agent }, (response) => response.resume());
    request.on('error', () => {}).once('close', () => pending--);
  };
  const timer = setInterval(ask, 1000 / requestsPerSecond);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
};

const look = async (pid, rate) => {
  const child = start(
    [here('../dist/cli.js'), 'leaks', String(pid), '--json', ...rate.args],
    ['ignore', 'pipe', 'pipe'],
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const timers = [
    setTimeout(() => child.kill('SIGINT'), rate.mostMs), // it undoes what it did, and reports what it knows
    setTimeout(() => child.kill('SIGKILL'), rate.mostMs + 20_000),
  ];
  const [code] = await once(child, 'close');
  timers.forEach((timer) => clearTimeout(timer));
  try {
    return JSON.parse(out);
  } catch {
    return { verdict: 'failed', findings: [], bounds: [], reasons: [`exit code ${code}: ${err.trim()}`] };
  }
};

/** Whether the finding is the container that gains, at a line that adds to it. */
const isRight = (finding, kind) => {
  const { title, path, location } = finding;
  const isNamed = [title, ...path.map(({ edge, name }) => `${edge} ${name}`)].some((text) =>
    text.includes(names[kind]),
  );
  const line = location === null ? '' : (targetLines[location.line - 1] ?? '');
  return isNamed && line.includes(names[kind]) && line.includes('makeRecord()');
};

const run = async (rate, index) => {
  const kind = kinds[index % kinds.length];
  const target = await startTarget(rate, kind);
  const stop = sendRequests(target.port);
  try {
    await sleep(1000 * Number(values['warm-up']));
    const load = loadavg()[0];
    const startMs = performance.now();
    const report = await look(target.child.pid, rate);
    const seconds = (performance.now() - startMs) / 1000;
    const perSecond = target.perSecond * target.bytesPerRecord;
    const bounds = report.bounds.find(({ of }) => of === 'JavaScript heap')?.perSecond;
    const hasBounds = Number.isFinite(bounds?.low) && Number.isFinite(bounds?.high);
    const isInside = hasBounds && bounds.low <= perSecond && perSecond <= bounds.high;
    const isRightFirst = report.findings.length > 0 && isRight(report.findings[0], kind);
    const { heapBytes } = target;
    return { rate: rate.text, index, kind, heapBytes, perSecond, load, seconds, hasBounds, isInside, isRightFirst, report }; // prettier-ignore
  } finally {
    stop();
    target.child.kill('SIGKILL');
  }
};

/** What the report says of the heap's growth. */
const boundsOf = ({ hasBounds, isInside, report }) => {
  if (!hasBounds) return 'no bounds';
  const { low, high } = report.bounds.find(({ of }) => of === 'JavaScript heap').perSecond;
  const [from, to] = [low, high].map((bytes) => ((bytes * 60) / 1024).toFixed(0));
  return `${from} to ${to} KB a minute${isInside ? '' : ', not the rate of the leak'}`;
};

const showRun = (row) => {
  const { rate, index, kind, seconds, load, isRightFirst, report } = row;
  const [first] = report.findings;
  const named = isRightFirst ? 'right first' : first ? `first: ${first.title}, line ${first.location?.line}` : '';
  const { verdict } = report;
  console.log([rate, index, kind, verdict, `${seconds.toFixed(1)} s`, `load ${load.toFixed(1)}`, boundsOf(row), named].join('\t')); // prettier-ignore
  if (verdict === (rate === noLeak ? 'leak' : 'clean') || verdict === 'failed') console.log(report.reasons);
  if (!values.keep) return;
  const file = `${rate.replaceAll(/\W+/g, '-')}.${index}.json`;
  writeFileSync(join(values.keep, file), JSON.stringify(row, undefined, 1));
};

const showRate = ({ text, askedS }, rows) => {
  const count = (holds) => rows.filter(holds).length;
  const verdicts = ['leak', 'inconclusive', 'clean', 'failed'];
  const seconds = rows.map((row) => row.seconds).toSorted((a, b) => a - b);
  const loads = rows.map(({ load }) => load);
  const columns = [
    text,
    rows.length,
    ...verdicts.map((verdict) => count(({ report }) => report.verdict === verdict)),
    seconds[Math.floor(seconds.length / 2)].toFixed(1),
    seconds.at(-1).toFixed(1),
    `${count((row) => row.report.verdict === 'leak' && row.seconds <= askedS)} (${askedS} s)`,
    count(({ isRightFirst }) => isRightFirst),
    `${count(({ isInside }) => isInside)} of ${count(({ hasBounds }) => hasBounds)}`,
    `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
  ];
  console.log(columns.join('\t'));
};

const rates = values.rates.split(',').map(parseRate);
const done = [];
const showAll = () => {
  console.log(`\nNode ${process.versions.node}, ${values.heap} MB of live data, ${values['at-once']} services at once`);
  console.log(
    'growth\truns\tleak\tinconclusive\tclean\tfailed\tmedian s\tmost s\tin time\tright first\tbounds hold\tload',
  );
  for (const rate of rates) {
    const rows = done.filter((row) => row.rate === rate.text);
    if (rows.length > 0) showRate(rate, rows);
  }
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    showAll();
    process.exit(1);
  });

if (values.keep) mkdirSync(values.keep, { recursive: true });
const tasks = Array.from({ length: Number(values.runs) }, (_, index) => rates.map((rate) => ({ rate, index }))).flat();
const work = async (_, worker) => {
  await sleep(worker * 5000); // starts apart from each other
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    const row = await run(task.rate, task.index);
    done.push(row);
    showRun(row);
  }
};
await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
showAll();
