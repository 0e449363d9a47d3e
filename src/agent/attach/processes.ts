/**
 * The Node processes of this machine. In: only /proc. Out: the processes and whether they can be attached to. Looks from
 * outside: no process is signalled, and only what looks like an inspector is asked for its address.
 */
import { findLender } from './borrow-port.js';
import { candidateOf, nodeStatuses, type Candidate } from './candidates.js';
import { clusterWorkersOf } from './cluster.js';
import { findInspector } from './inspector.js';
import { versionOf, type KnownVersions } from './node-version.js';
import { portHolder, sigusr1Port, unreachableInspector } from './port.js';
import { atOneMoment, type ProcessStatus } from '../process/proc.js';
import { openPortReader } from '../process/sockets.js';
import { findAgentDoor } from './agent-door.js';
import { barrierOf, needsConsent, networkObstacle, obstacleOf } from './safety.js';
import type { NodeProcess } from '../../analyzer/model/node-process.js';

/** Every Node process that this user may see except this one, by id. */
export const listNodeProcesses = (): Promise<NodeProcess[]> => atOneMoment(listAll);

const listAll = async (): Promise<NodeProcess[]> => {
  const versions: KnownVersions = new Map();
  const seen = nodeStatuses();
  // all inspectors answer first: the reading of /proc after it stops this thread, and their time would run out
  const inspectors = await Promise.all(seen.map(inspectorOf));
  const portsOf = openPortReader();
  return Promise.all(
    seen.map((status, at) => describeProcess(status, candidateOf(status, portsOf), inspectors[at] ?? null, versions)),
  );
};

const inspectorOf = async (status: ProcessStatus): Promise<string | null> =>
  barrierOf(status) === undefined ? ((await findInspector(status.pid)) ?? null) : null;

const describeProcess = async (
  status: ProcessStatus,
  candidate: Candidate,
  inspector: string | null,
  versions: KnownVersions,
): Promise<NodeProcess> => {
  const clusterWorkers = inspector === null ? clusterWorkersOf(status.pid).length : 0;
  const reason = inspector === null ? await whyNot(status, clusterWorkers) : null;
  const asksFirst = reason === null && inspector === null && needsConsent(status) && !hasAgent(status);
  return {
    ...candidate,
    version: await versionOf(status, versions),
    uptimeSeconds: Math.round(status.uptimeSeconds),
    attachable: reason === null,
    asksFirst,
    reason,
    inspector,
    clusterWorkers,
  };
};

const hasAgent = ({ pid }: ProcessStatus): boolean => findAgentDoor(pid) !== undefined;

const whyNot = async (status: ProcessStatus, workers: number): Promise<string | null> => {
  const byAgent = hasAgent(status);
  const obstacle =
    (byAgent ? barrierOf(status) : obstacleOf(status, true, workers)) ?? (await networkObstacle(status.pid));
  if (obstacle !== undefined) return obstacle.reason;
  if (byAgent) return null;
  const unreachable = await unreachableInspector(status.pid);
  if (unreachable !== undefined) return unreachable;
  const holder = portHolder(status);
  if (holder === undefined || (await findLender(sigusr1Port(status), status.pid)) !== undefined) return null;
  return `its inspector port is held by ${holder}`;
};
