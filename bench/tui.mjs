// The terminal UI on ten million objects: time to the first screen, and how long each key takes.
//   node bench/tui.mjs [--nodes 10000000] [--size 200x50]
// The real program runs in a pseudo-terminal made by `script`. A key is timed at four places: sent here, read by memwatch, its
// answer written by memwatch, seen here. "memwatch" is from read to written, less the time that other processes had the core;
// "to the eye" is from sent to seen, with everything in between. For comparison the same is measured with a program that only
// echoes: the time that the terminal and the machine themselves take. "rows there" is until the output stops.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nowMs, openTerminal } from './terminal.mjs';

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

const echoer = `
  const { stdin, stdout } = process;
  stdin.setRawMode(true).on("data", (bytes) => (bytes[0] === 4 ? process.exit() : stdout.write(bytes)));
  stdout.write("up")`;
const echo = openTerminal([process.execPath, '-e', echoer], { columns, rows });
await echo.until(/up/, 'the echo');
const echoes = [];
for (let at = 0; at < 60; at++) {
  const { sentMs, seenMs } = await echo.press('j', 20);
  echoes.push(seenMs - sentMs);
}

const clock = here('.out/tui-clock.json');
rmSync(clock, { force: true });
const startedMs = nowMs();
const terminal = openTerminal(
  [process.execPath, '--import', here('tui-clock.mjs'), here('../dist/cli.js'), 'view', file],
  { columns, rows, env: { TUI_CLOCK: clock } },
);
const sinceStart = async (pattern, what) => {
  await terminal.until(pattern, what);
  return ((nowMs() - startedMs) / 1000).toFixed(2);
};

const presses = [];
const measure = async (name, keys, quietMs) => {
  for (const key of keys) presses.push({ name, ...(await terminal.press(key, quietMs)) });
};
const times = (count, key) => Array.from({ length: count }, () => key);

const frame = await sinceStart(/\[2 Heap\]/, 'the frame');
const classes = await sinceStart(/Row/, 'the classes'); // blanks may be drawn as cursor movements
await measure('classes: while retained sizes are computed', ['j', 'k', '?', '?', '<', '>', 'j', 'k', 'j', 'k'], 100);
const retained = await sinceStart(/gest/, 'retained sizes');
await measure('classes: down', times(3, 'j'));
await measure('classes: filter', ['/', 'r', 'o', 'w', '\r'], 300);
await measure('into the class with most objects', ['\r'], 4000);
await measure('objects: down', times(200, 'j'));
await measure('objects: page down', times(80, ' '));
await measure('objects: end, home', ['G', 'g', 'G', 'g'], 300);
await measure('objects: open a row, close it', ['l', 'h', 'l', 'h'], 300);
await measure('objects: sort by another column', ['<', '<'], 6000);
await measure('objects: filter as one types (first letters)', ['/', 'd', 'e', 't'], 3000);
await measure('objects: clear the filter', ['\x1b'], 3000);
await measure('into an object, back', ['\r', '\x1b'], 500);
await measure('dominator tree', ['\x1b', '\x1b', 'v'], 3000);
terminal.write('q');
await terminal.ended;
echo.write('\x04');
await echo.ended;

const noted = JSON.parse(readFileSync(clock, 'utf8'));
/** V8's numbers for kinds of collections. */
const kinds = { 1: 'scavenge', 4: 'mark-compact', 8: 'incremental', 16: 'weak callbacks' };
const timed = presses.map((press) => {
  const read = noted.reads.find(([at]) => at >= press.sentMs);
  const written = noted.writes.find(([at]) => at >= read[0]);
  const collected = noted.collections.filter(([at, took]) => at + took >= press.sentMs && at <= written[0]);
  return {
    name: press.name,
    inputMs: read[0] - press.sentMs,
    ownMs: written[0] - read[0] - (written[1] - read[1]),
    outputMs: Math.max(0, press.seenMs - written[0]), // something else was drawn just before, where it was seen earlier
    eyeMs: Math.max(press.seenMs, written[0]) - press.sentMs,
    allMs: press.allMs - press.sentMs,
    collections: collected.map(([, took, kind]) => `${kinds[kind] ?? kind} ${took.toFixed(1)}`).join(', '),
    collectedMs: collected.reduce((sum, [, took]) => sum + took, 0),
  };
});

const sortedBy = (list, of) => list.map(of).sort((a, b) => a - b);
const share = (numbers, part) => numbers[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const ms = (number) => `${number.toFixed(1)} ms`.padStart(12);
console.log(`\n${values.nodes} objects at ${values.size}, node ${process.version}`);
console.log(`frame on the screen           ${frame} s`);
console.log(`classes on the screen         ${classes} s`);
console.log(`retained sizes on the screen  ${retained} s`);
console.log(`\n${''.padEnd(46)}${'memwatch'.padStart(12)}${''.padStart(12)}${'to the eye'.padStart(12)}`);
console.log(
  `${'key'.padEnd(46)}${'median'.padStart(12)}${'slowest'.padStart(12)}${'slowest'.padStart(12)}${'rows there'.padStart(12)}`,
);
for (const name of new Set(timed.map((one) => one.name))) {
  const of = timed.filter((one) => one.name === name);
  const own = sortedBy(of, (one) => one.ownMs);
  const most = (field) => Math.max(...of.map((one) => one[field]));
  console.log(`${name.padEnd(46)}${ms(share(own, 0.5))}${ms(own.at(-1))}${ms(most('eyeMs'))}${ms(most('allMs'))}`);
}
const summary = (name, numbers) => {
  console.log(`${name.padEnd(46)}${ms(share(numbers, 0.5))}${ms(share(numbers, 0.99))}${ms(numbers.at(-1))}`);
};
console.log(
  `\n${`all ${timed.length} keys`.padEnd(46)}${'median'.padStart(12)}${'p99'.padStart(12)}${'slowest'.padStart(12)}`,
);
const parts = {
  'memwatch: read to written': 'ownMs',
  '  of it collecting garbage': 'collectedMs',
  'until read (terminal, or memwatch was busy)': 'inputMs',
  'from written to seen (terminal)': 'outputMs',
  'to the eye: all of it': 'eyeMs',
};
for (const [name, field] of Object.entries(parts)) {
  summary(
    name,
    sortedBy(timed, (one) => one[field]),
  );
}
summary(
  'an echo to the eye (terminal and machine alone)',
  sortedBy(echoes, (one) => one),
);
console.log('\nthe slowest:');
for (const one of [...timed].sort((a, b) => b.eyeMs - a.eyeMs).slice(0, 6)) {
  console.log(
    `  ${one.name.padEnd(46)}read${ms(one.inputMs)}  own${ms(one.ownMs)}  terminal${ms(one.outputMs)}  ${one.collections}`,
  );
}
