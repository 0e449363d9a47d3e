/**
 * A heap snapshot as the memory comes near its limit, if the user asked for one: taken by a memwatch of its own process,
 * which attaches through the agent's door, counts first what the snapshot will cost, refuses it without room (host,
 * container), and leaves the contents of strings out. In: how full the memory is. Out: a file, or a mark that says why not.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cgroupMemory } from '../agent/process/cgroup.js';
import { hostAvailableBytes } from '../agent/process/limits.js';
import type { Evidence } from './evidence.js';

export interface Snapshots {
  /** Takes one when the memory is nearly full for the first time. */
  pass(share: number): Promise<void>;
  take(): Promise<void>;
}

const near = 0.7;
/** The memory of the memwatch that takes it. */
const ownBytes = 200 * 2 ** 20;
const memwatch = fileURLToPath(new URL('../cli.js', import.meta.url));

export const createSnapshots = (evidence: Evidence): Snapshots => {
  let isDone = false;
  const take = async (): Promise<void> => {
    isDone = true;
    const why = whyNot() ?? (await run(evidence.snapshotFile()));
    if (why !== undefined) evidence.mark(`no snapshot: ${why}`);
  };
  return { take, pass: async (share) => (share >= near && !isDone ? take() : undefined) };
};

const whyNot = (): string | undefined => {
  // a program that was built into one file, or Electron, would start itself again
  if (!basename(process.execPath).startsWith('node')) return `${basename(process.execPath)} cannot run memwatch`;
  const cgroup = cgroupMemory(process.pid);
  const container = cgroup === undefined ? Infinity : cgroup.limitBytes - cgroup.usedBytes;
  const left = Math.min(container, hostAvailableBytes() ?? Infinity);
  return left >= ownBytes ? undefined : 'there is not even memory for the memwatch that would take it';
};

/** Returns why there is none; undefined if it was taken. */
const run = async (file: string): Promise<string | undefined> => {
  const words = [memwatch, 'snapshot', String(process.pid), '--redact', '-o', file];
  // with nothing of the program's environment, such as NODE_OPTIONS
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + String(chunk)).slice(-4096)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return undefined;
  return /^memwatch: (.*)$(?![^]*^memwatch: )/m.exec(said)?.[1] ?? `memwatch snapshot ended with ${code}`;
};
