/** The threads of a process as Linux shows them. In: a pid. Out: their states. Nothing here touches the process. */
import type { KernelThread } from '../../analyzer/model/dump.js';
import { namesIn, readText, ticksPerSecond } from './proc.js';

const tickUs = 1e6 / ticksPerSecond;

export const readThreads = (pid: number): KernelThread[] =>
  namesIn(`/proc/${pid}/task`).flatMap((id) => readThread(pid, Number(id)) ?? []);

/** undefined if there is no such thread. */
export const readThread = (pid: number, id: number): KernelThread | undefined => {
  const folder = `/proc/${pid}/task/${id}`;
  const stat = readText(`${folder}/stat`);
  const end = stat.lastIndexOf(')');
  if (end === -1) return undefined;
  const fields = stat.slice(end + 2).split(' ');
  return {
    id,
    name: stat.slice(stat.indexOf('(') + 1, end),
    state: fields[0] ?? '?',
    waitsIn: readText(`${folder}/wchan`).replace(/^0$/, ''),
    cpuUs: (Number(fields[11]) + Number(fields[12])) * tickUs,
  };
};
