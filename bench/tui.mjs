// The terminal UI on ten million objects: time to the first screen, and how long each key takes.
//   node bench/tui.mjs [--nodes 10000000] [--size 200x50]
// The real program in a pseudo-terminal made by `script`: a key's time is from its byte going in to the first bytes of the
// redrawn screen coming out, less the time that the threads in between were ready to run but other processes had the CPU (the
// kernel's schedstat); "rows there" is until nothing more comes, for keys whose rows have to be computed first.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '10000000' }, size: { type: 'string', default: '200x50' } },
});
const [columns, rows] = values.size.split('x').map(Number);

mkdirSync(here('.out'), { recursive: true });
const file = here(`.out/synthetic-${values.nodes}.heapsnapshot`);
if (!existsSync(file)) {
  spawnSync(process.execPath, [here('make-synthetic-snapshot.mjs'), file, values.nodes], { stdio: 'inherit' });
}

const command = `stty rows ${rows} cols ${columns}; exec '${process.execPath}' '${here('../dist/cli.js')}' view '${file}'`;
const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
  env: { ...process.env, TERM: 'xterm-256color' },
  stdio: ['pipe', 'pipe', 'inherit'],
});
let seen = '';
let lastByte = 0;
let onBytes = () => {};
terminal.stdout.on('data', (chunk) => {
  lastByte = performance.now();
  onBytes({ at: lastByte, waited: waitedForCpu() });
  seen = (seen + chunk.toString()).slice(-200_000);
});
const nextBytes = () =>
  new Promise((resolve) => {
    onBytes = resolve;
  });

/** Milliseconds for which the three threads between a key and its answer (this one, script's, the program's) had no CPU. */
const waitedForCpu = () => {
  try {
    const shell = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8').split(' ')[0];
    return [process.pid, terminal.pid, shell].reduce((sum, pid) => sum + waitedOf(pid), 0);
  } catch {
    return 0;
  }
};
const waitedOf = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
const ended = new Promise((resolve) => terminal.on('close', resolve));
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms));

/** Waits until the screen has shown it. */
const until = async (pattern, what) => {
  for (let waited = 0; waited < 180_000; waited += 2) {
    if (pattern.test(seen)) return;
    await sleep(2);
  }
  terminal.kill();
  throw new Error(`never saw ${what}; the end of what was drawn:\n${JSON.stringify(seen.slice(-2000))}`);
};

/** Sends a key; answers when the first and the last bytes of its answer came. */
const press = async (key, quietMs = 60) => {
  seen = '';
  const answer = nextBytes();
  const waitedBefore = waitedForCpu();
  const sent = performance.now();
  terminal.stdin.write(key);
  const { at, waited } = await Promise.race([answer, sleep(10_000).then(() => ({ at: NaN, waited: NaN }))]);
  while (performance.now() - lastByte < quietMs) await sleep(2);
  return { first: Math.max(0, at - sent - (waited - waitedBefore)), wall: at - sent, rest: lastByte - sent };
};

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const ms = (number) => `${number.toFixed(1)} ms`.padStart(12);
const report = [];
const measure = async (name, keys, quietMs) => {
  const times = [];
  for (const key of keys) times.push(await press(key, quietMs));
  const first = times.map((time) => time.first);
  const rest = times.map((time) => time.rest);
  report.push({
    name,
    median: median(first),
    slowest: Math.max(...first),
    wall: Math.max(...times.map((time) => time.wall)),
    rest: Math.max(...rest),
  });
};

const started = performance.now();
await until(/\[2 Heap\]/, 'the frame');
const frame = performance.now() - started;
await until(/Row/, 'the classes'); // blanks may be drawn as movements of the cursor
const classes = performance.now() - started;

const times = (count, key) => Array.from({ length: count }, () => key);
await measure('classes: down', times(3, 'j'));
await press('/');
for (const letter of 'row') await press(letter);
await press('\r');
await measure('into the class with most objects', ['\r'], 4000);
await measure('objects: down', times(60, 'j'));
await measure('objects: page down', times(40, ' '));
await measure('objects: end, home', ['G', 'g', 'G', 'g'], 300);
await measure('objects: open a row, close it', ['l', 'h', 'l', 'h'], 300);
await measure('objects: sort by another column', ['<', '<'], 6000);
await measure('objects: filter as one types (first letters)', ['/', 'd', 'e', 't'], 3000);
await measure('objects: clear the filter', ['\x1b'], 3000);
await measure('into an object, back', ['\r', '\x1b'], 500);
await measure('dominator tree', ['\x1b', '\x1b', 'v', 'v'], 3000);
terminal.stdin.write('q');
await ended;

console.log(`\n${values.nodes} objects at ${values.size}`);
console.log(`frame on the screen      ${(frame / 1000).toFixed(2)} s`);
console.log(`classes on the screen    ${(classes / 1000).toFixed(2)} s`);
console.log(
  `\n${'key'.padEnd(48)}${'median'.padStart(12)}${'slowest'.padStart(12)}${'on the clock'.padStart(14)}${'rows there'.padStart(12)}`,
);
for (const { name, median: middle, slowest, wall, rest } of report) {
  console.log(`${name.padEnd(48)}${ms(middle)}${ms(slowest)}  ${ms(wall)}${ms(rest)}`);
}
console.log(`\nslowest answer to a key: ${Math.max(...report.map((one) => one.slowest)).toFixed(1)} ms`);
