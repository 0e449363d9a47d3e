/** The document of a dump. In: a pid, and what its threads do. Out: a ProcessDump, with the children of the process. */
import { basename } from 'node:path';
import { commandWithoutArguments } from '../../agent/attach/candidates.js';
import { childProcessIds, readProcess } from '../../agent/process/proc.js';
import type { ProcessDump, ThreadDump } from '../../analyzer/model/dump.js';

export const documentOf = (
  pid: number | undefined,
  nodeVersion: string | null,
  threads: ThreadDump[],
): ProcessDump => ({
  schema: 'memwatch/dump@1',
  pid: pid ?? null,
  command: pid === undefined ? '' : commandWithoutArguments(readProcess(pid)?.command ?? []),
  nodeVersion,
  threads,
  children: pid === undefined ? [] : childrenOf(pid),
  warnings: [],
});

/** exec and execSync start a shell: what that has started says more. */
const childrenOf = (pid: number): ProcessDump['children'] =>
  childProcessIds(pid).flatMap((child) => {
    const command = readProcess(child)?.command ?? [];
    if (command.length === 0) return []; // it has just ended
    const isShell = /^(?:ba|da|a|z|k)?sh$/.test(basename(command[0] ?? ''));
    return [{ pid: child, command: commandWithoutArguments(command) }, ...(isShell ? childrenOf(child) : [])];
  });
