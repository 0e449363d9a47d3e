// Sets and removes the breakpoints of `memwatch lines --probe` in hot and in awkward code, repeatedly, on each Node: the target
// must survive, and the counts of the awkward code be right.
//   npm run stress [-- cycles [major…]]      (300 cycles on 20, 22, 24 and 26)
// Exits with 1 if a target died, and prints its last output, or if a count was wrong.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach } from '../dist/agent/attach/attach.js';
import { findLiveFunction } from '../dist/agent/lines/live-function.js';
import { captureProbe } from '../dist/agent/lines/probe.js';
import { parseSelector } from '../dist/agent/lines/selector.js';
import { awkwardCode, awkwardFunctions, wrongCounts } from '../.test/support/awkward-code.js';
import { nodeBinary, testedMajors } from '../.test/support/nodes.js';

const cycles = Number(process.argv[2] ?? 300);
const majors = process.argv.length > 3 ? process.argv.slice(3).map(Number) : testedMajors;

// Small functions that are inlined, loops that are replaced on the stack, async functions, generators, classes, garbage.
const hot = `
function leaf(x) {
  return x * 2 + 1;
}
function branch(i) {
  let sum = 0;
  for (let k = 0; k < 20; k++) {
    sum += leaf(k ^ i);
    if (sum > 1e9)
      sum = 0;
  }
  return sum;
}
class Shape {
  constructor(i) {
    this.id = i;
    this.tags = ['a', 'b', String(i)];
  }
  area() {
    const side = this.id % 17;
    return side * side;
  }
}
function* walk(n) {
  for (let i = 0; i < n; i++) {
    const shape = new Shape(i);
    yield shape.area();
  }
}
async function step(i) {
  await null;
  const value = branch(i);
  return value;
}
function fails(i) {
  if (i % 3 === 0)
    throw new RangeError('no ' + i);
  return i;
}
let sink = 0;
async function turn(i) {
  const end = performance.now() + 4;
  while (performance.now() < end) {
    for (let k = 0; k < 3; k++) sink += branch(k);
    for (const area of walk(5)) sink += area;
    try {
      sink += fails(i++);
    } catch (error) {
      sink += error.message.length;
    }
    sink += await step(i);
  }
  setImmediate(turn, i);
}
process.on('exit', (code) => console.error('exit', code, process.getActiveResourcesInfo().join()));
turn(0);
console.log('ready');
`;
const programs = [
  {
    name: 'hot',
    code: hot,
    wanted: ['branch', 'leaf', 'Shape.area', 'walk', 'step', 'fails', 'turn'].map((name) => ({ name })),
  },
  { name: 'awkward', code: awkwardCode, wanted: awkwardFunctions },
];

const start = (major, script) =>
  new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(major), [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let words = '';
    child.stderr.on('data', (chunk) => (words = (words + chunk).slice(-4000)));
    child.stdout.once('data', () => resolve({ child, words: () => words }));
    child.once('error', reject);
  });

const stress = async (major, { name: program, wanted }, script) => {
  const { child, words } = await start(major, script);
  const ended = () => child.signalCode ?? child.exitCode ?? undefined;
  let done = 0;
  let hits = 0;
  const wrong = new Set();
  try {
    const attachment = await attach({ kind: 'pid', pid: child.pid, worker: undefined });
    const functions = [];
    for (const { name } of wanted)
      functions.push(await findLiveFunction(attachment, parseSelector(`${script}:${name}`)));
    for (; done < cycles && ended() === undefined; done++) {
      const { counted, ended: why } = await captureProbe(attachment, functions[done % functions.length], {
        durationMs: 20 + (done % 5) * 20,
        maxHits: 100_000,
        patienceMs: 120_000, // the machine may be busy
      });
      hits += counted.lines.reduce((sum, line) => sum + line.hits, 0);
      const { callsInPart } = wanted[done % wanted.length];
      const isWhole = why === 'time' && counted.lines.some((line) => line.hits > 0);
      if (callsInPart !== undefined && isWhole)
        wrongCounts(counted.lines, callsInPart).forEach((one) => wrong.add(one));
    }
    await attachment.detach();
  } catch (error) {
    console.log(`Node ${major}, ${program}: cycle ${done + 1}: ${error.message}`);
  }
  await new Promise((go) => setTimeout(go, 500));
  const lives = ended() === undefined && done === cycles;
  for (const one of wrong) console.log(`Node ${major}: ${one}`);
  console.log(
    `Node ${major}, ${program}: ${done} cycles, ${hits} hits, ${lives ? 'lives' : `ended with ${ended()}\n${words()}`}`,
  );
  if (ended() === undefined) {
    child.kill('SIGKILL');
    await new Promise((go) => child.once('exit', go));
  }
  return lives && wrong.size === 0;
};

const folder = mkdtempSync(join(tmpdir(), 'memwatch-stress-'));
let allLive = true;
for (const program of programs) {
  const script = join(folder, `${program.name}.cjs`);
  writeFileSync(script, program.code);
  for (const major of majors) allLive = (await stress(major, program, script)) && allLive;
}
rmSync(folder, { recursive: true });
process.exit(allLive ? 0 : 1);
