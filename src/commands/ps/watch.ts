/** `memwatch ps --watch`: the Node processes of this machine and their CPU, again and again, grouped by script. */
import { listCandidates, measureCpu } from '../../agent/attach/candidates.js';
import { groupProcesses } from '../../analyzer/memory/process-groups.js';
import { writeJson } from '../../analyzer/model/escape.js';
import type { ProcessGroup, PsWatchDocument, WatchedProcess } from '../../analyzer/model/printed-documents.js';
import { MemwatchError } from '../../errors.js';
import { renderTable } from '../../report/table.js';
import { escapeText, formatBytes, formatShare } from '../../report/units.js';
import type { Arguments, Io } from '../io.js';
import { durationOf } from '../option-values.js';

/** The screen is cleared before each look; a pipe gets one after the other. */
const clear = '\x1b[H\x1b[2J\x1b[3J';

export const watchProcesses = async (args: Arguments, io: Io): Promise<void> => {
  const intervalMs = durationOf(args, 'interval');
  if (intervalMs < 200) throw new MemwatchError('bad-argument', '--interval is at least 200ms');
  io.endAtOnce(); // nothing is attached to
  const most = args['count'] === undefined ? Infinity : Number(args['count']);
  for (let count = 0; count < most && !io.signal.aborted; count++) {
    const candidates = listCandidates();
    const cpu = await measureCpu(candidates.map(({ pid }) => pid), intervalMs); // prettier-ignore
    const groups = groupProcesses(candidates.map((one) => ({ ...one, cpuShare: cpu.get(one.pid) ?? 0 })));
    const document: PsWatchDocument = { schema: 'memwatch/ps-watch@1', timeMs: Date.now(), groups };
    if (io.json) io.line(writeJson(document));
    else io.line(`${process.stdout.isTTY ? clear : ''}${renderGroups(groups, io.columns)}\n`);
  }
};

interface Row extends Pick<WatchedProcess, 'rssBytes' | 'cpuShare'> {
  readonly name: string;
  readonly text: string;
}

export const renderGroups = (groups: readonly ProcessGroup[], width: number): string => {
  if (groups.length === 0) return 'no other Node processes visible to this user';
  const table = renderTable<Row>(
    [
      { title: 'PID', align: 'right', cell: ({ name }) => name },
      { title: 'RSS', align: 'right', cell: ({ rssBytes }) => formatBytes(rssBytes) },
      { title: 'CPU', align: 'right', cell: ({ cpuShare }) => formatShare(cpuShare) },
      { title: 'SCRIPT', align: 'left', cell: ({ text }) => text, cut: 'end' },
    ],
    groups.flatMap(rowsOf),
    width,
  );
  const differences = groups.flatMap(differenceLines);
  return [...table, ...(differences.length === 0 ? [] : ['', ...differences])].join('\n');
};

/** The sum stands above the processes of a group of several. */
const rowsOf = ({ script, rssBytes, cpuShare, processes }: ProcessGroup): Row[] => {
  const isOne = processes.length === 1;
  const rows = processes.map((one): Row => ({ ...one, name: String(one.pid), text: `${isOne ? '' : '  '}${portsOf(one)}` })); // prettier-ignore
  return isOne ? rows : [{ name: `${processes.length} ×`, rssBytes, cpuShare, text: script }, ...rows];
};

const portsOf = ({ script, ports }: WatchedProcess): string => [script, ...ports.map((port) => `:${port}`)].join(' ');

const differenceLines = ({ script, differences }: ProcessGroup): string[] =>
  differences.map(({ pid, of, value, usual }) => {
    const [own, others] = [value, usual].map((one) => (of === 'RSS' ? formatBytes(one) : formatShare(one)));
    return escapeText(`${pid} (${script}) differs from the others in ${of}: ${own}, usual is ${others}`);
  });
