/** `memwatch ps`: the Node processes on this machine, and whether memwatch can attach to them. */
import { listNodeProcesses } from '../agent/attach/processes.js';
import type { NodeProcess } from '../analyzer/model/node-process.js';
import { MemwatchError } from '../errors.js';
import { renderTable, type TableColumn } from '../report/table.js';
import { escapeText, formatBytes, formatDuration } from '../report/units.js';
import type { Command } from './io.js';
import { watchProcesses } from './ps/watch.js';

export const psCommand: Command = {
  builder: (yargs) =>
    yargs
      .option('watch', { type: 'boolean', describe: 'again and again, with CPU; processes of one script are summed, and the one that differs is named' })
      .option('interval', { type: 'string', default: '2s', describe: 'time between two looks of --watch' })
      .option('count', { type: 'number', describe: 'stop --watch after this many looks' })
      .example('$0 ps', 'one line per process')
      .example('$0 ps --watch', 'a cluster in one view'), // prettier-ignore
  async run(args, io) {
    if (process.platform === 'win32') {
      throw new MemwatchError('not-attachable', 'memwatch does not look at processes on Windows', {
        hint: 'start the target with --inspect=127.0.0.1:9229 and give memwatch that address',
      });
    }
    if (args['watch'] === true) return watchProcesses(args, io);
    io.endAtOnce(); // nothing is attached to, and on a busy machine the list takes long
    const processes = await listNodeProcesses();
    io.print({ schema: 'memwatch/ps@1', processes }, () => describe(processes, io.columns));
  },
};

const describe = (processes: readonly NodeProcess[], width: number): string => {
  if (processes.length === 0) return 'no other Node processes visible to this user';
  const shown = columns.filter(
    (column) => column !== containers || processes.some(({ container }) => container !== null),
  );
  const table = renderTable(shown, processes, width);
  const asks = processes.some(({ asksFirst }) => asksFirst);
  const notes = [...processes.flatMap(noteOf), ...(asks ? [aboutAsking] : [])];
  return [...table, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n');
};

const noteOf = ({ pid, reason, clusterWorkers }: NodeProcess): string[] => {
  const passesOn = `is a cluster primary: attaching briefly opens the inspectors of its workers (${clusterWorkers}), too`;
  const notes = [...(reason === null ? [] : [escapeText(reason)]), ...(clusterWorkers === 0 ? [] : [passesOn])];
  return notes.map((note) => `${pid} ${note}`);
};

const attachText = ({ attachable, asksFirst, inspector }: NodeProcess): string => {
  if (inspector !== null) return `open ${new URL(inspector).host}`;
  if (asksFirst) return 'asks first';
  return attachable ? 'yes' : 'no';
};

const aboutAsking =
  'asks first: this system does not say which signals a process catches, so memwatch asks on a terminal before it sends ' +
  'SIGUSR1, and sends none without a terminal; kill -USR1 PID opens the inspector, too';

const containers: TableColumn<NodeProcess> = {
  title: 'CONTAINER',
  align: 'left',
  cell: ({ container }) => container ?? '',
  cut: 'end',
};

const columns: readonly TableColumn<NodeProcess>[] = [
  { title: 'PID', align: 'right', cell: ({ pid }) => String(pid) },
  { title: 'NODE', align: 'left', cell: ({ version }) => version ?? '?' },
  { title: 'RSS', align: 'right', cell: ({ rssBytes }) => formatBytes(rssBytes) },
  {
    title: 'UP',
    align: 'right',
    cell: ({ uptimeSeconds }) => (uptimeSeconds === 0 ? '0 s' : formatDuration(uptimeSeconds * 1e6)),
  },
  { title: 'ATTACH', align: 'left', cell: attachText },
  containers,
  { title: 'SCRIPT', align: 'left', cell: ({ script }) => script, cut: 'end' },
];
