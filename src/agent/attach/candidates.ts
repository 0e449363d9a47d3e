/**
 * The Node processes that a user may mean by a script's name or a port. In: only /proc, so it takes milliseconds. Out: what
 * a person recognises a process by. `processes.ts` says more about them, and whether memwatch can attach.
 */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { containerOf } from '../process/container.js';
import {
  atOneMoment,
  folderOf,
  hasEnded,
  isNode,
  looksLikeNode,
  readProcess,
  readProcesses,
  readText,
  ticksPerSecond,
  type ProcessStatus,
} from '../process/proc.js';
import { openPortReader, type ListeningPort } from '../process/sockets.js';
import type { Candidate } from '../../analyzer/model/node-process.js';

export type { Candidate };

/** Every Node process that this user may see except this one, by id. */
export const listCandidates = (): Candidate[] =>
  atOneMoment(() => {
    const portsOf = openPortReader();
    return nodeStatuses().map((status) => candidateOf(status, portsOf));
  });

export const nodeStatuses = (): ProcessStatus[] =>
  atOneMoment(readProcesses).filter((status) => status.pid !== process.pid && isNode(status) && !hasEnded(status));

/** Whether a process is memwatch, of this installation or another one. */
export const isMemwatch = ({ pid, command }: ProcessStatus): boolean => {
  try {
    const script = realpathSync(resolve(folderOf(pid) || '/', scriptOf(command)));
    return script.startsWith(ownFolder) || script.includes('/@memwatch/memwatch/dist/');
  } catch {
    return false; // it is no file that this user sees
  }
};

const ownFolder = fileURLToPath(new URL('../../', import.meta.url));

export const candidateOf = (
  { pid, command, rssBytes }: ProcessStatus,
  portsOf: (pid: number) => readonly ListeningPort[],
): Candidate => ({
  pid,
  script: scriptOf(command),
  folder: folderOf(pid),
  ports: [...new Set(portsOf(pid).map(({ port }) => port))],
  container: containerOf(readText(`/proc/${pid}/cgroup`)) ?? null,
  rssBytes,
});

/** How much of a CPU each process uses, over the time that is waited: 1 is one core. */
export const measureCpu = async (pids: readonly number[], waitMs = 200): Promise<ReadonlyMap<number, number>> => {
  const ticksOf = (pid: number): number => readProcess(pid)?.cpuTicks ?? 0;
  const before = new Map(pids.map((pid) => [pid, ticksOf(pid)]));
  const begun = performance.now();
  await sleep(waitMs);
  const seconds = (performance.now() - begun) / 1000;
  const usedTicks = (pid: number): number => Math.max(0, ticksOf(pid) - (before.get(pid) ?? 0));
  return new Map(pids.map((pid) => [pid, usedTicks(pid) / ticksPerSecond / seconds]));
};

/**
 * The processes whose script has this name: a whole path, one from the user's own folder, or the last parts of one
 * (`app/server.js`), with or without the script's extension; or the whole title that a process gave itself.
 */
export const namedLike = (name: string, candidates: readonly Candidate[]): Candidate[] => {
  const whole = resolve(name);
  const isMeant = (path: string): boolean => path === whole || (!/^[./]/.test(name) && path.endsWith(`/${name}`));
  return candidates.filter(({ script, folder }) => {
    const path = resolve(folder || '/', script);
    return script === name || isMeant(path) || isMeant(path.replace(/\.[cm]?[jt]sx?$/, ''));
  });
};

/** Node's flags whose value is the next word. */
const flagsWithValue = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
  '--env-file',
  '--input-type',
  '--inspect-port',
  '--title',
  '--icu-data-dir',
  '--openssl-config',
]);

/** The script, or `-e …`, or the title that the process gave itself. */
export const scriptOf = (command: readonly string[]): string => {
  const [first = '', ...rest] = command;
  if (!looksLikeNode(first)) return command.join(' ').trim(); // a title that the process gave itself
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    if (/^(-e|-p|-pe|--eval|--print)$/.test(word)) return `${word} ${rest[at + 1] ?? ''}`;
    if (flagsWithValue.has(word)) at++;
    else if (!word.startsWith('-')) return word;
  }
  return rest.length === 0 ? '(interactive)' : rest.join(' ');
};

/** The program and its script; what it was given is left out, because it may be a password. */
export const commandWithoutArguments = (command: readonly string[]): string => {
  const [program = ''] = command;
  const script = looksLikeNode(program) ? command.indexOf(scriptOf(command)) : 0;
  const shown = command.slice(0, Math.max(script, 0) + 1);
  return [...shown, ...(shown.length < command.length ? ['…'] : [])].join(' ');
};
