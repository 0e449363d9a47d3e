/** What memwatch has to know about other processes, whatever the system's way to say it: /proc, or ps and lsof. */
import type { ListeningPort, PortHolders } from './proc-sockets.js';

export interface ProcessStatus {
  readonly pid: number;
  readonly command: string[];
  /** The path of its executable; the first word of its command line if this user may not see the path. */
  readonly executable: string;
  /** This user may look into it: see its sockets and its executable. */
  readonly permitted: boolean;
  /** The letter after `State:` in /proc: R, S, D, T (stopped), t (traced) or Z (zombie). */
  readonly state: string;
  /** null: this system keeps no record of it. */
  readonly catchesSigusr1: boolean | null;
  readonly blocksSigusr1: boolean;
  readonly userId: number;
  readonly rssBytes: number;
  readonly uptimeSeconds: number;
  /** When it started, in clock ticks since boot; pid and start together identify a process for good. */
  readonly startTicks: number;
  /** The CPU time that it has used, in clock ticks. */
  readonly cpuTicks: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
export const ticksPerSecond = 100;

/** Nothing here touches a process. */
export interface ProcessSource {
  /** undefined if there is no such process. */
  readProcess(pid: number): ProcessStatus | undefined;
  /** Every process that this user may see, by id. */
  readProcesses(): ProcessStatus[];
  childProcessIds(pid: number): number[];
  /** 0 if it has none, or is not there. */
  parentProcessId(pid: number): number;
  /** `NAME=value`; empty if it may not be read. */
  environmentOf(pid: number): string[];
  /** Its working directory; '' if it may not be read. */
  folderOf(pid: number): string;
  /** The TCP ports that this process itself listens on. */
  listeningPorts(pid: number): ListeningPort[];
  /** As `listeningPorts`, for many processes at one moment. */
  openPortReader(): (pid: number) => ListeningPort[];
  /** The processes that listen on a port in the network of this pid. */
  holdersOf(port: number, seenBy: number): PortHolders;
  /** What is read meanwhile may be of the moment when the look began: for lists, and nothing that a signal depends on. */
  atOneMoment<T>(look: () => T): T;
}
