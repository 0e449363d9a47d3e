/**
 * A target that is a tree: a process with a fork()ed child and a worker, each of which tells what a visitor could have
 * changed in it. In: a Node. Out: everything of the tree's state that must be the same before and after a command.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { childProcessIds, readProcess, threadCount } from '#memwatch/agent/process/proc.js';
import { listeningPorts } from '#memwatch/agent/process/sockets.js';
import type { NodeMajor } from './nodes.js';
import { printedLine, startSource, type StartedTarget } from './targets.js';

/** Runs in each of the three. What memwatch asks of timers and of V8's flags goes through what is wrapped here. */
const source = `
const { fork } = require('node:child_process');
const inspector = require('node:inspector');
const timers = require('node:timers');
const v8 = require('node:v8');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const { setTimeout: later, setInterval: often } = globalThis;
const pending = { setTimeout: new Set(), setInterval: new Set(), setImmediate: new Set() };
for (const name of Object.keys(pending)) {
  const own = timers[name];
  timers[name] = (...args) => {
    const timer = own(...args);
    pending[name].add(timer);
    return timer;
  };
}
const { setFlagsFromString } = v8;
const flagCalls = [];
v8.setFlagsFromString = (flag) => {
  flagCalls.push(flag);
  setFlagsFromString(flag);
};
/** The flags that were turned off last, or set to 0, and not back again. */
const flagsOff = () => {
  const last = new Map(flagCalls.map((flag) => [flag.replace(/^--(no-)?|=.*/g, ''), flag]));
  return [...last.values()].filter((flag) => flag.startsWith('--no-') || flag.endsWith('=0'));
};
const names = (object) => Reflect.ownKeys(object).map(String).sort();
const tell = () => ({
  listeners: process.eventNames().map((name) => String(name) + ' ' + process.listenerCount(name)).sort(),
  globals: names(globalThis),
  process: names(process).filter((name) => !name.startsWith('_')),
  timers: Object.entries(pending).map(([name, all]) => name + ' ' + [...all].filter((one) => !one._destroyed).length),
  resources: process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').sort(),
  flags: flagsOff(),
  execArgv: [...process.execArgv],
  environment: Object.keys(process.env).sort(),
  inspector: [inspector.url() ?? 'closed', process.debugPort],
  error: [Error.stackTraceLimit, String(Error.prepareStackTrace)],
  contexts: v8.getHeapStatistics().number_of_native_contexts,
});

function work() {
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += i;
  return sum;
}
function spin() {
  let sum = 0;
  for (let i = 0; i < 1e6; i++) sum += i;
  return sum;
}
often(work, 20);
if (isMainThread && !process.send) often(spin, 20);
if (!isMainThread) parentPort.on('message', () => parentPort.postMessage(tell()));
else if (process.send) {
  process.on('message', () => process.send(tell()));
  process.on('disconnect', () => process.exit()); // its parent is killed at the end of the test
}
else {
  const child = fork(__filename);
  const worker = new Worker(__filename);
  const answer = (emitter) => new Promise((resolve) => emitter.once('message', resolve));
  process.stdin.on('data', async (number) => {
    const answers = Promise.all([answer(child), answer(worker)]);
    child.send('tell');
    worker.postMessage('tell');
    const [inChild, inWorker] = await answers;
    console.log('state ' + JSON.stringify({ main: tell(), child: inChild, worker: inWorker }));
    console.log('flags set ' + flagCalls.length);
    console.log('told ' + String(number).trim());
  });
  worker.once('online', () => console.log('ready'));
}`;

export interface Tree {
  readonly target: StartedTarget;
  /** What every process and thread of the tree holds, and what the system holds for each process: one thing a line. */
  state(): Promise<string[]>;
}

export const startTree = async (t: TestContext, node: NodeMajor): Promise<Tree> => {
  const target = await startSource(t, source, { node, kind: 'cjs', stdin: 'pipe' });
  let asked = 0;
  return {
    target,
    state: async () => {
      target.child.stdin?.write(`${++asked}\n`);
      await printedLine(target, new RegExp(`^told ${asked}$`, 'm'));
      const told: unknown = JSON.parse(/.*/.exec(target.output().split('\nstate ').at(-1) ?? '')?.[0] ?? '');
      const pids = [target.pid, ...childProcessIds(target.pid)];
      return linesOf('', { inside: told, outside: pids.map(outsideOf) });
    },
  };
};

const linesOf = (path: string, value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [`${path}: ${String(value)}`];
  const isList = Array.isArray(value) && !value.some((one) => typeof one === 'object');
  return Object.entries(value).flatMap(([key, one]) => linesOf(isList ? path : `${path} ${key}`, one));
};

const outsideOf = (pid: number): Record<string, unknown> => {
  const { catchesSigusr1, blocksSigusr1 } = readProcess(pid) ?? {};
  return {
    pid,
    ports: listeningPorts(pid).map(({ host, port }) => `${host}:${port}`),
    files: openFiles(pid),
    threads: threadCount(pid),
    children: childProcessIds(pid),
    signals: { catchesSigusr1, blocksSigusr1 },
  };
};

/** What is open, without the numbers of sockets and pipes. */
const openFiles = (pid: number): string[] => {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .map((name) => readlinkSync(join(folder, name)).replace(/\d+/g, 'N'))
    .toSorted();
};
