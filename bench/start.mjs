// How soon memwatch is there: the help, the first frame of `attach`, and the table of a CPU profile of 3 MB in `view`; and how
// much later a program begins with the agent inside.
//   nice -n -15 node bench/start.mjs [--runs 5]
// Prints medians of seconds, and of CPU seconds of memwatch and its threads, which a busy machine disturbs less; of the agent,
// the median of pairs of starts without and with it, and the middle half.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nowMs, openTerminal } from './terminal.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } });
const cli = here('../dist/cli.js');

/** A CPU profile as V8 writes it: nested functions of a few hundred files, a sample each millisecond. */
const writeProfile = (file, bytes) => {
  const nodes = [{ id: 1, callFrame: frameOf('(root)', 0), hitCount: 0, children: [] }];
  const samples = [];
  for (let id = 2; nodes.length * 330 < bytes * 0.7; id++) {
    const parent = nodes[Math.floor(id / 3)];
    (parent.children ??= []).push(id);
    nodes.push({
      id,
      callFrame: frameOf(`handle${id % 900}`, id),
      hitCount: 3,
      positionTicks: [{ line: id % 400, ticks: 3 }],
    });
    samples.push(id, id, id);
  }
  const timeDeltas = samples.map(() => 1000);
  writeFileSync(file, JSON.stringify({ nodes, startTime: 0, endTime: samples.length * 1000, samples, timeDeltas }));
};
const frameOf = (functionName, at) => ({
  functionName,
  scriptId: String(at % 300),
  url: at === 0 ? '' : `file:///app/src/module${at % 300}.js`,
  lineNumber: at % 400,
  columnNumber: 2,
});

/** CPU seconds of a process and all its threads; it must still run. */
const cpuSeconds = (pid) => {
  const [, text] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) \S /);
  const fields = text.split(' ');
  return (Number(fields[10]) + Number(fields[11])) / 100;
};
const childOf = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);

/** From the start of memwatch to what is looked for on the screen. */
const timeScreen = async (words, pattern) => {
  const startMs = nowMs();
  const terminal = openTerminal([process.execPath, cli, ...words], { columns: 80, rows: 24 });
  await terminal.until(pattern, String(pattern));
  const seconds = (nowMs() - startMs) / 1000;
  const cpu = cpuSeconds(childOf(terminal.pid));
  terminal.write('q');
  await terminal.ended;
  return { seconds, cpu };
};

const timeNode = (args) => {
  const [cpuBefore, startMs] = [childCpu(), nowMs()];
  spawnSync(process.execPath, args);
  return { seconds: (nowMs() - startMs) / 1000, cpu: childCpu() - cpuBefore };
};

/** CPU seconds of all children that have ended. */
const childCpu = () => {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .split(/\) \S /)[1]
    .split(' ');
  return (Number(fields[12]) + Number(fields[13])) / 100;
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const measure = async (name, aim, run) => {
  const results = [];
  for (let at = 0; at < Number(values.runs); at++) results.push(await run());
  const of = (field) => median(results.map((one) => one[field])).toFixed(2);
  console.log(`${name.padEnd(36)} ${of('seconds').padStart(6)} s   CPU ${of('cpu').padStart(5)} s   (aim: ${aim})`);
};

/** Milliseconds from the start of a process to the program's first line. */
const timeFirstLine = (flags) =>
  Number(spawnSync(process.execPath, [...flags, '-p', 'performance.now()'], { encoding: 'utf8' }).stdout);

const measureAgent = (pairs) => {
  const keep = mkdtempSync(`${tmpdir()}/memwatch-bench-`);
  process.env.MEMWATCH_AGENT_KEEP = keep;
  const withAgent = ['--require', here('../dist/inside/agent.cjs')];
  const later = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [[], withAgent] : [withAgent, []];
    const [first, second] = order.map(timeFirstLine);
    later.push(pair % 2 === 0 ? second - first : first - second);
  }
  rmSync(keep, { recursive: true, force: true });
  const sorted = later.toSorted((a, b) => a - b);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * (pairs - 1))].toFixed(1));
  console.log(
    `${'agent inside: first line later by'.padEnd(36)} ${middle} ms (${low} to ${high})   (aim: under 15 ms)`,
  );
};

mkdirSync(here('.out'), { recursive: true });
const profile = here('.out/start.cpuprofile');
writeProfile(profile, 3e6);
const target = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("ready")']);
await new Promise((ready) => target.stdout.once('data', ready));
await measure('node -e 0, for comparison', 'none', () => timeNode(['-e', '0']));
await measure('memwatch --help', 'CPU under 0.25 s', () => timeNode([cli, '--help']));
await measure('attach: first frame', 'under 0.5 s', () => timeScreen(['attach', String(target.pid)], /\[1 Live\]/));
await measure('view of a 3 MB profile: its table', 'under 1 s', () => timeScreen(['view', profile], /handle\d+/));
target.kill();
measureAgent(8 * Number(values.runs));
