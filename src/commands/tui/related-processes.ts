/** The title of the process shown, and those that the user can switch to: its children, and the way back to its parents. */
import type { Attachment } from '../../agent/attach/attach.js';
import { scriptOf } from '../../agent/attach/candidates.js';
import { childProcessIds, isNode, readProcess } from '../../agent/process/proc.js';
import type { Thread } from '../../tui/state/provider.js';

/** The way back: a step to a child adds to it; a step back to one of its processes shortens it to that process. */
export const parentsAfter = (parents: readonly number[], from: number | undefined, to: number): readonly number[] => {
  if (from === undefined || from === to) return parents;
  return parents.includes(to) ? parents.slice(0, parents.indexOf(to)) : [...parents, from];
};

export const parentThread = (pid: number, isNearest: boolean): Thread[] => {
  const status = readProcess(pid);
  if (status === undefined) return [];
  const title = `back to process ${pid} ${status.command.slice(1).join(' ')}`;
  return [{ id: String(pid), title, ...(isNearest ? { isParent: true } : {}) }];
};

export const nodeChildren = (pid: number): Thread[] =>
  childProcessIds(pid).flatMap((child) => {
    const status = readProcess(child);
    if (status === undefined || !isNode(status)) return [];
    return [{ id: String(child), title: `child process ${child} ${status.command.slice(1).join(' ')}` }];
  });

/** `pid 4711 dist/server.js v22.23.3`. */
export const titleOf = ({ pid, nodeVersion, worker }: Attachment): string => {
  const command = pid === undefined ? undefined : readProcess(pid)?.command;
  const script = command === undefined ? undefined : scriptOf(command);
  const thread = worker === undefined ? '' : ` ${worker.title}`;
  const name = script === undefined ? '' : ` ${script.split('/').slice(-2).join('/')}`;
  return `${pid === undefined ? 'remote process' : `pid ${pid}`}${thread}${name} ${nodeVersion}`;
};
