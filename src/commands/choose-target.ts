/**
 * The target of a command, for all commands that take one. In: the arguments. Out: a Target. If no target is named, the user
 * chooses one from a list on a terminal; without a terminal the error lists the commands to use.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { isMemwatch, listCandidates, measureCpu, nodeStatuses, type Candidate } from '../agent/attach/candidates.js';
import { needsConsent, questionBeforeSignal } from '../agent/attach/safety.js';
import { atOneMoment } from '../agent/process/proc.js';
import { describeCandidate, parseTarget, parseTargets, type Target } from '../agent/attach/target.js';
import { MemwatchError } from '../errors.js';
import { renderTable, type TableColumn } from '../report/table.js';
import { escapeText, formatBytes } from '../report/units.js';
import { hasScreen, type Arguments, type Io } from './io.js';

/** For the help of every command that takes a target. */
export const targetForms =
  'process id (1234/2 is worker 2), script name, :port it serves, or host:port or ws:// address of an inspector; without one you choose from a list';

/** No script is called so. */
const captureName = /\.(heapsnapshot|cpuprofile|heapprofile)(\.gz)?$/;

/** Throws `bad-argument`, `cannot-read`, `not-found`, `interrupted`. */
export const targetOf = async (args: Arguments, io: Io, named = args['target']): Promise<Target> => {
  const text = named === undefined ? undefined : String(named);
  if (text === undefined && (args['--'] ?? []).length === 0)
    return withConsent({ kind: 'pid', pid: await choosePid(args, io) }, io);
  if (text !== undefined && captureName.test(text) && !existsSync(text))
    throw new MemwatchError('cannot-read', `no such file: ${text}`);
  const target = parseTarget(text, args['--']);
  if (isName(text)) sayWhich([target], io);
  return withConsent(target, io);
};

/** Where the system does not say whether a process catches SIGUSR1, the user is asked before it is sent. */
const withConsent = async (target: Target, io: Io): Promise<Target> => {
  if (target.kind !== 'pid' || !process.stdin.isTTY || !process.stderr.isTTY) return target;
  const question = questionBeforeSignal(target.pid);
  if (question === undefined) return target;
  const answer = await ask(`${escapeText(question)} [y/N] `, io.signal);
  if (/^y(es)?$/i.test(answer.trim())) return { ...target, maySignal: true };
  throw new MemwatchError('not-attachable', `process ${target.pid} was left alone: SIGUSR1 was not sent`, {
    hint: `if you send it yourself (kill -USR1 ${target.pid}), memwatch uses the inspector that opens`,
  });
};

/** '' if the input ends. Throws `interrupted`. */
const ask = async (question: string, signal: AbortSignal): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const stop = new AbortController();
  terminal.on('SIGINT', () => stop.abort());
  try {
    const atEnd = once(terminal, 'close').then(() => '');
    return await Promise.race([terminal.question(question, { signal: AbortSignal.any([signal, stop.signal]) }), atEnd]);
  } catch {
    process.stderr.write('\n');
    throw new MemwatchError('interrupted', 'interrupted');
  } finally {
    terminal.close();
  }
};

/** The targets of a command that takes several, each once; without one the user chooses one from the list. */
export const targetsOf = async (args: Arguments, io: Io): Promise<Target[]> => {
  const named = namedTargets(args);
  if (named.length === 0) return [await targetOf(args, io)];
  sayWhich(named.filter(({ text }) => isName(text)).flatMap(({ targets }) => targets), io); // prettier-ignore
  return withConsents(named, io);
};

/** Those that are named and run now; what the user chose from the list, or memwatch started, runs once. */
export const targetsAgain = async (args: Arguments, io: Io): Promise<Target[]> => withConsents(namedTargets(args), io);

interface Named {
  readonly text: string;
  readonly targets: readonly Target[];
}

const namedTargets = (args: Arguments): Named[] =>
  ((args['targets'] as readonly string[] | undefined) ?? []).map((text) => ({ text, targets: parseTargets(text) }));

const withConsents = async (named: readonly Named[], io: Io): Promise<Target[]> => {
  const targets = new Map<string, Target>();
  for (const target of named.flatMap((one) => one.targets))
    targets.set(JSON.stringify(target), await withConsent(target, io));
  return [...targets.values()];
};

/** `--all` of a command that follows processes. */
export const allOption = {
  type: 'boolean' as const,
  describe: 'every Node process that you may attach to, also those that start later',
};

/** Every Node process that this user may attach to, without memwatch's own. `onLeftOut`: where nobody can be asked. */
export const allTargets = (onLeftOut: (pid: number) => void): Target[] =>
  atOneMoment(() =>
    nodeStatuses().flatMap((status): Target[] => {
      if (!status.permitted || status.catchesSigusr1 === false || isMemwatch(status)) return [];
      if (!needsConsent(status)) return [{ kind: 'pid', pid: status.pid, worker: undefined }];
      onLeftOut(status.pid);
      return [];
    }),
  );

/** What is left out is said once. */
export const sayLeftOut = ({ warn }: Io): ((pid: number) => void) => {
  const said = new Set<number>();
  return (pid) => {
    if (said.has(pid)) return;
    said.add(pid);
    warn(`process ${pid} is left out: this system does not say whether it catches SIGUSR1; kill -USR1 ${pid} opens its inspector`); // prettier-ignore
  };
};

/** A script's name or a port, which may mean another process later. */
const isName = (text: string | undefined): boolean => !/^\d/.test(text ?? '');

/** The user must see which processes a name means now. */
const sayWhich = (targets: readonly Target[], io: Io): void => {
  const pids = new Set(targets.flatMap((target) => (target.kind === 'pid' ? target.pid : [])));
  if (pids.size === 0) return;
  for (const found of listCandidates())
    if (pids.has(found.pid)) io.warn(escapeText(`process ${describeCandidate(found)}`));
};

export interface Choice extends Candidate {
  /** 1 is one core. */
  readonly cpuShare: number;
}

const choosePid = async (args: Arguments, io: Io): Promise<number> => {
  const choices = await findChoices();
  const canChoose = hasScreen() && !io.json;
  if (canChoose && choices.length > 0) {
    const { pickProcess } = await import('./pick-process.js');
    return pickProcess(choices, io.signal);
  }
  const command = (args['_'] as readonly unknown[] | undefined)?.[0] ?? 'attach';
  throw new MemwatchError('bad-argument', 'no target given', {
    hint: listChoices(choices, String(command), io.columns),
  });
};

/** Servers first, then what works most: the user is more likely to mean these. */
const findChoices = async (): Promise<Choice[]> => {
  const candidates = listCandidates();
  const cpu = await measureCpu(candidates.map(({ pid }) => pid));
  const choices = candidates.map((one) => ({ ...one, cpuShare: cpu.get(one.pid) ?? 0 }));
  return choices.toSorted((a, b) => Math.sign(b.ports.length) - Math.sign(a.ports.length) || b.cpuShare - a.cpuShare);
};

const listChoices = (choices: readonly Choice[], command: string, width: number): string => {
  const start = `memwatch ${command} -- script.js starts a program`;
  if (choices.length === 0) return `no Node process that this user can see runs here; ${start}`;
  const call: TableColumn<Choice> = {
    title: 'COMMAND',
    align: 'left',
    cell: ({ pid }) => `memwatch ${command} ${pid}`,
  };
  const rows = renderTable([call, ...columnsFor(choices)], choices, width - 4);
  return ['these Node processes run here:', ...rows.map((row) => `  ${row}`), start].join('\n  ');
};

/** Machines without containers need no column for them. */
export const columnsFor = (choices: readonly Choice[]): TableColumn<Choice>[] =>
  columns.filter((column) => column.title !== 'CONTAINER' || choices.some(({ container }) => container !== null));

const columns: readonly TableColumn<Choice>[] = [
  { title: 'SCRIPT', align: 'left', cell: ({ script }) => script, cut: 'start' },
  { title: 'FOLDER', align: 'left', cell: ({ folder }) => folder, cut: 'start' },
  { title: 'PORT', align: 'left', cell: ({ ports }) => ports.map((port) => `:${port}`).join(' ') },
  { title: 'CPU', align: 'right', cell: ({ cpuShare }) => `${Math.round(cpuShare * 100)} %` },
  { title: 'RSS', align: 'right', cell: ({ rssBytes }) => formatBytes(rssBytes) },
  { title: 'CONTAINER', align: 'left', cell: ({ container }) => container ?? '', cut: 'end' },
];
