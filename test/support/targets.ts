/** Real processes for tests to attach to, ended by id when the test is over. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { nodeBinary, type NodeMajor } from './nodes.js';

export interface StartedTarget {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Everything it has printed so far, stdout and stderr. */
  output(): string;
  /** Resolves with the exit code (or the signal's name) when the process ends. */
  readonly exited: Promise<number | string>;
}

export interface StartOptions {
  /** The Node to run on; by default the one that runs the tests. */
  node?: NodeMajor;
  flags?: readonly string[];
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** What it prints when it is ready to be attached to; null: do not wait. */
  ready?: RegExp | null;
  /** A pipe where the test writes to it. */
  stdin?: 'ignore' | 'pipe';
}

/**
 * Undone after the test, the last first: a folder is removed when the processes that write into it have ended. Hooks of
 * node:test run the other way round.
 */
const toUndo = new WeakMap<TestContext, (() => unknown)[]>();
const undoAfter = (t: TestContext, undo: () => unknown): void => {
  const known = toUndo.get(t);
  if (known !== undefined) return void known.push(undo);
  const all = [undo];
  toUndo.set(t, all);
  t.after(async () => {
    for (const one of all.toReversed()) await one();
  });
};

/** A folder for one test, removed after it. */
export const temporaryFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'memwatch-test-'));
  undoAfter(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })); // a child of theirs may still write
  return folder;
};

/** Starts a script (a path) and waits until it prints `ready`. The process is killed when the test ends. */
export const startScript = async (
  t: TestContext,
  script: string,
  options: StartOptions = {},
): Promise<StartedTarget> => {
  const binary = options.node === undefined ? process.execPath : nodeBinary(options.node);
  return startProcess(t, binary, [...(options.flags ?? []), script, ...(options.args ?? [])], options);
};

/** Starts source text as a script; `.mjs` or `.cjs` by the given kind. It must print `ready`. */
export const startSource = async (
  t: TestContext,
  source: string,
  options: StartOptions & { kind?: 'mjs' | 'cjs' } = {},
): Promise<StartedTarget> => {
  const script = join(temporaryFolder(t), `target.${options.kind ?? 'mjs'}`);
  writeFileSync(script, source);
  return startScript(t, script, options);
};

export const startProcess = async (
  t: TestContext,
  binary: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<StartedTarget> => {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const child = spawn(binary, args, {
    env: { ...env, ...options.env },
    cwd: options.cwd,
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout?.on('data', (chunk) => (printed += String(chunk)));
  child.stderr?.on('data', (chunk) => (printed += String(chunk)));
  const exited = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? signal ?? -1));
    child.on('error', () => resolve(-1));
  });
  undoAfter(t, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const target = { pid: child.pid ?? -1, child, output: () => printed, exited };
  if (options.ready !== null) await printedLine(target, options.ready ?? /ready/);
  return target;
};

/** A program that keeps 2,000 objects a second in a Map, in line 5, in a function of line 4. */
export const sessionKeeper = `
const sessions = new Map();
let next = 0;
function keepSession() {
  for (let i = 0; i < 40; i++) sessions.set(++next, { id: next, pages: new Array(20).fill(next) });
}
setInterval(keepSession, 20);
console.log('ready');
`;

/** Waits until the target has printed something that matches; throws with its output when it ends or 15 s pass. */
export const printedLine = async (target: StartedTarget, pattern: RegExp): Promise<void> => {
  const ended = target.exited.then(() => true);
  for (let waited = 0; waited < 15_000; waited += 20) {
    if (pattern.test(target.output())) return;
    const over = await Promise.race([ended, new Promise<false>((go) => setTimeout(() => go(false), 20))]);
    if (over && !pattern.test(target.output())) break;
  }
  throw new Error(`the target never printed ${pattern}; it printed:\n${target.output()}`);
};

/** A port of loopback that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};
