/** The Node processes of a machine, as they are seen from outside. */

export interface Candidate {
  readonly pid: number;
  /** The script, or `-e …`, or the title that the process gave itself. */
  readonly script: string;
  /** Its working directory; '' if this user may not see it. */
  readonly folder: string;
  /** The TCP ports that it listens on. */
  readonly ports: readonly number[];
  /** Its container, pod or systemd unit, as the names of its cgroups tell; null if they do not. */
  readonly container: string | null;
  readonly rssBytes: number;
}

export interface NodeProcess extends Candidate {
  /** `v22.23.3`; null if its executable does not say. */
  readonly version: string | null;
  readonly uptimeSeconds: number;
  readonly attachable: boolean;
  /** Attaching asks on a terminal first, and is refused without one: whether it catches SIGUSR1 is not known here. */
  readonly asksFirst: boolean;
  /** Why it cannot be attached to; null if it can. */
  readonly reason: string | null;
  /** The address of its inspector, if that is already open. */
  readonly inspector: string | null;
  /** For a cluster primary without an inspector: its number of workers, whose inspectors open for a moment with the primary's. */
  readonly clusterWorkers: number;
}
