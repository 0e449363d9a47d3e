/**
 * What ps and lsof say about processes, by options that macOS and Linux share. They do not say which signals a process
 * catches, nor what it waits for. Each call takes 20 to 100 ms, so a list of processes asks about all of them at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import { MemwatchError } from '../../errors.js';
import type { ListeningPort, PortHolders } from './proc-sockets.js';
import { ticksPerSecond, type ProcessSource, type ProcessStatus } from './process-source.js';

const patienceMs = 10_000;

/** What it prints, also if it then complains that something was not found. */
const run = (tool: 'ps' | 'lsof', args: readonly string[]): string => {
  const env = { ...process.env, LC_ALL: 'C' };
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  try {
    return execFileSync(tool, args, { encoding: 'utf8', env, stdio, timeout: patienceMs, maxBuffer: 2 ** 26 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new MemwatchError('not-found', `memwatch needs the program ${tool} to look at processes here`, {
        hint: `install ${tool}, or name the address of an inspector: memwatch cpu 127.0.0.1:9229`,
      });
    const printed = error instanceof Error && 'stdout' in error ? error.stdout : '';
    return typeof printed === 'string' ? printed : '';
  }
};

/** While a list of processes is made, what has been answered; no signal depends on a list. */
const moment = new AsyncLocalStorage<Map<string, string>>();

const atOneMoment = <T>(look: () => T): T => moment.run(moment.getStore() ?? new Map(), look);

/** Asks about all processes while a list is made, and about one otherwise. */
const ask = (tool: 'ps' | 'lsof', one: readonly string[], all: readonly string[]): string => {
  const answers = moment.getStore();
  if (answers === undefined) return run(tool, one);
  const key = [tool, ...all].join(' ');
  const text = answers.get(key) ?? run(tool, all);
  answers.set(key, text);
  return text;
};

/** The same is asked several times, in one moment. */
const rememberedMs = 500;
const remembered = new Map<string, { readonly text: string; readonly untilMs: number }>();

/** For what no signal depends on. */
const runOnce = (tool: 'ps' | 'lsof', args: readonly string[]): string => {
  const key = [tool, ...args].join(' ');
  const known = remembered.get(key);
  if (known !== undefined && performance.now() < known.untilMs) return known.text;
  const text = run(tool, args);
  if (remembered.size > 100) remembered.clear();
  remembered.set(key, { text, untilMs: performance.now() + rememberedMs });
  return text;
};

const columns = ['pid', 'uid', 'stat', 'rss', 'lstart', 'time', 'command'].flatMap((name) => ['-o', `${name}=`]);
/** `lstart` is a date such as `Sun Nov 29 03:46:28 2026`. */
const row = /^ *(\d+) +(\d+) +(\S)\S* +(\d+) +(\w{3} \w{3} +\d+ [\d:]+ \d+) +(\S+) +(.*)$/;

const readRow = (line: string, executableOf: (pid: number, word: string) => string): ProcessStatus[] => {
  const [, pid = '', uid = '', state = '', kilobytes = '', start = '', cpu = '', words = ''] = row.exec(line) ?? [];
  if (pid === '') return [];
  const command = words.split(' ').filter((word) => word !== '');
  const startedMs = Date.parse(start);
  const userId = Number(uid);
  return [
    {
      pid: Number(pid),
      command,
      executable: executableOf(Number(pid), command[0] ?? ''),
      permitted: [0, userId].includes(process.getuid?.() ?? 0),
      state,
      catchesSigusr1: null,
      blocksSigusr1: false,
      userId,
      rssBytes: Number(kilobytes) * 1024,
      uptimeSeconds: Math.max(0, (Date.now() - startedMs) / 1000),
      startTicks: (startedMs / 1000) * ticksPerSecond,
      cpuTicks: secondsOf(cpu) * ticksPerSecond,
    },
  ];
};

/** `0:01.23` on macOS, `1-00:00:01` on Linux. */
const secondsOf = (time: string): number => {
  const [days, clock] = time.includes('-') ? time.split('-') : ['0', time];
  return Number(days) * 86_400 + (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
};

/** The first file that it runs from. */
const executableOf = (pid: number, word: string): string => fileOf(pid, 'txt') ?? word;

/** The first open file of a kind: `txt` of the program, `cwd` its folder. */
const fileOf = (pid: number, kind: 'txt' | 'cwd'): string | undefined => {
  const text = ask('lsof', ['-a', '-p', String(pid), '-d', 'cwd,txt', '-Fpfn'], ['-d', 'cwd,txt', '-Fpfn']);
  let [owner, descriptor] = [0, ''];
  for (const [key, value] of fieldsOf(text)) {
    if (key === 'p') owner = Number(value);
    if (key === 'f') descriptor = value;
    if (key === 'n' && owner === pid && descriptor === kind) return value;
  }
  return undefined;
};

/** lsof prints a field a line: a letter and its text. */
const fieldsOf = (text: string): [key: string, value: string][] =>
  text.split('\n').map((line) => [line.charAt(0), line.slice(1)]);

const everyProcess = ['-A', ...columns, '-ww'];

const readProcess = (pid: number): ProcessStatus | undefined =>
  ask('ps', [...columns, '-ww', '-p', String(pid)], everyProcess)
    .split('\n')
    .filter((line) => Number.parseInt(line, 10) === pid)
    .flatMap((line) => readRow(line, executableOf))[0];

/** The executable is looked up only of those whose first word may be Node: a process that gave itself a title is left out. */
const readProcesses = (): ProcessStatus[] =>
  ask('ps', everyProcess, everyProcess)
    .split('\n')
    .flatMap((line) =>
      readRow(line, (pid, word) => (basename(word).startsWith('node') ? executableOf(pid, word) : word)),
    );

/** For what is the same for a while, inside and outside of a list. */
const askOnce = (tool: 'ps' | 'lsof', args: readonly string[]): string =>
  moment.getStore() === undefined ? runOnce(tool, args) : ask(tool, args, args);

/** Every process with its parent. */
const family = (): number[][] =>
  askOnce('ps', ['-A', '-o', 'pid=', '-o', 'ppid='])
    .split('\n')
    .map((line) => line.trim().split(/ +/).map(Number));

const childProcessIds = (pid: number): number[] =>
  family().flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));

const parentProcessId = (pid: number): number => family().find(([child]) => child === pid)?.[1] ?? 0;

/** ps prints it behind the command, all in one line: a value is taken to end where the next name follows. */
const environmentOf = (pid: number): string[] => {
  return askOnce('ps', ['eww', '-o', 'command=', '-p', String(pid)])
    .trimEnd()
    .split(/ (?=[A-Za-z_]\w*=)/)
    .slice(1);
};

const folderOf = (pid: number): string => fileOf(pid, 'cwd') ?? '';

interface Socket extends ListeningPort {
  readonly pid: number;
  readonly isListening: boolean;
}

/** `p` process, `t` IPv4 or IPv6, `n` address, `T` facts of which one is the state. */
const readSockets = (one: readonly string[], all = one): Socket[] => {
  const sockets: Socket[] = [];
  let [pid, version, place] = [0, '', ''];
  const complete = (options: readonly string[]): string[] => ['-nP', ...options, '-FptTn'];
  for (const [key, value] of fieldsOf(ask('lsof', complete(one), complete(all)))) {
    if (key === 'p') pid = Number(value);
    if (key === 't') version = value;
    if (key === 'n') place = value.replace(/->.*$/, '');
    if (key !== 'T' || !value.startsWith('ST=')) continue;
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(place) ?? [];
    const own = version === 'IPv6' ? '[::1]' : '127.0.0.1';
    sockets.push({
      pid,
      port: Number(port),
      host: host === '*' ? own : host,
      loopback: /^(127\.|\[::1\]$)/.test(host),
      isListening: value === 'ST=LISTEN',
    });
  }
  return sockets;
};

const listening = ['-iTCP', '-sTCP:LISTEN'];

const openPortReader = (): ((pid: number) => ListeningPort[]) => {
  const all = readSockets(listening);
  return (pid) => all.filter((socket) => socket.pid === pid);
};

/** Sockets of other users' processes are not seen. */
const holdersOf = (port: number): PortHolders => {
  const sockets = readSockets([`-iTCP:${port}`], ['-iTCP']).filter((socket) => socket.port === port);
  const pids = [...new Set(sockets.filter(({ isListening }) => isListening).map(({ pid }) => pid))];
  return { held: pids.length > 0, pids, connections: sockets.filter(({ isListening }) => !isListening).length };
};

export const toolSource: ProcessSource = {
  readProcess,
  readProcesses,
  childProcessIds,
  parentProcessId,
  environmentOf,
  folderOf,
  listeningPorts: (pid) =>
    readSockets(['-a', '-p', String(pid), ...listening], listening).filter((socket) => socket.pid === pid),
  openPortReader,
  holdersOf,
  atOneMoment,
};
