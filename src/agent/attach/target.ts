/** What a user may name as a target, and how it is read from the command line. */
import { MemwatchError } from '../../errors.js';
import { inOtherNetwork } from '../process/network.js';
import { listCandidates, namedLike, type Candidate } from './candidates.js';

export type Target =
  /** `1234`, or `1234/2` for a worker thread of it; also what `server.js` and `:3000` stand for. */
  | {
      kind: 'pid';
      pid: number;
      worker?: string | undefined;
      /** The user agreed to SIGUSR1, where the system does not say whether the process catches it. */
      maySignal?: boolean | undefined;
    }
  /** `127.0.0.1:9229`. */
  | { kind: 'address'; host: string; port: number; worker?: string | undefined }
  /** `ws://127.0.0.1:9229/…`. */
  | { kind: 'webSocket'; url: string }
  /** `-- script.js arguments…`: memwatch starts it. */
  | { kind: 'command'; argv: string[] };

/** Reads a target. Throws `bad-argument`; `not-found` if no single process has that script or port. */
export const parseTarget = (text: string | undefined, afterDashes: readonly string[] = []): Target => {
  if (text === undefined || text === '') return parseCommand(afterDashes);
  const [first, ...others] = parseTargets(text);
  if (first !== undefined && others.length === 0) return first;
  const { found, what } = processesMeant(text);
  throw notFound(`${found.length} Node processes: each ${what}`, 'name one of them by its process id:', found);
};

/**
 * For commands that take several targets: a script's name or a port means every process that has it, such as the workers
 * of a cluster. At least one. Throws `not-found`.
 */
export const parseTargets = (text: string): Target[] => {
  if (/^wss?:\/\//.test(text)) return [{ kind: 'webSocket', url: text }];
  const pid = /^(\d+)(?:\/(.+))?$/.exec(text);
  if (pid !== null && Number(pid[1]) > 0) return [{ kind: 'pid', pid: Number(pid[1]), worker: pid[2] }];
  const address = /^(.+):(\d{1,5})(?:\/(.+))?$/.exec(text);
  if (address?.[1] !== undefined && Number(address[2]) <= 65_535)
    return [{ kind: 'address', host: address[1], port: Number(address[2]), worker: address[3] }];
  const { found, what, worker } = processesMeant(text);
  if (found.length === 0)
    throw notFound(`no Node process that this user can see ${what}`, targetForms, listCandidates());
  return found.map((one) => ({ kind: 'pid', pid: one.pid, worker }));
};

/** `:3000`, `:3000/2`, or the name of a script. */
const processesMeant = (text: string): { found: Candidate[]; what: string; worker: string | undefined } => {
  const [, port, worker] = /^:(\d{1,5})(?:\/(.+))?$/.exec(text) ?? [];
  const all = listCandidates();
  if (port === undefined) return { found: namedLike(text, all), what: `runs ${text}`, worker: undefined };
  const serving = all.filter(({ ports }) => ports.includes(Number(port)));
  const here = serving.filter(({ pid }) => !inOtherNetwork(pid)); // what a client on this machine reaches at this port
  return { found: here.length > 0 ? here : serving, what: `listens on port ${port}`, worker };
};

const notFound = (message: string, advice: string, listed: readonly Candidate[]): MemwatchError => {
  const lines = listed.slice(0, mostListed).map(describeCandidate);
  if (listed.length > mostListed) lines.push(`and ${listed.length - mostListed} more: memwatch ps lists them`);
  return new MemwatchError('not-found', message, { hint: [advice, ...lines].join('\n    ') });
};

const mostListed = 10;

/** `1234 server.js in /srv/shop, port 3000`. */
export const describeCandidate = ({ pid, script: asStarted, folder, ports }: Candidate): string => {
  const script = onOneLine(asStarted);
  const where = folder === '' ? '' : ` in ${onOneLine(folder)}`;
  const listens = ports.length === 0 ? '' : `, port ${ports.join(', ')}`;
  return `${pid} ${script.length > longestScript ? `${script.slice(0, longestScript)}…` : script}${where}${listens}`;
};

const longestScript = 60;

/** The text of a `node -e` has lines, and a name may have: they would look like lines of memwatch's. */
const onOneLine = (text: string): string => text.replaceAll(/\s*[\n\r]\s*/g, ' ');

const targetForms =
  'a target is a process id, the name of its script, :port, host:port of an inspector, a ws:// address, or -- script.js arguments';

const parseCommand = (argv: readonly string[]): Target => {
  if (argv.length > 0) return { kind: 'command', argv: [...argv] };
  throw new MemwatchError('bad-argument', 'no target given', { hint: targetForms });
};
