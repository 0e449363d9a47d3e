/** The document of a dump. In: a pid, and what its threads do. Out: a ProcessDump, with the children of the process. */
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
  children: (pid === undefined ? [] : childProcessIds(pid)).map((child) => ({
    pid: child,
    command: commandWithoutArguments(readProcess(child)?.command ?? []),
  })),
  warnings: [],
});
