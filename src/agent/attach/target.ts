/** What a user may name as a target, and how it is read from the command line. */
import { MemwatchError } from '../../errors.js';
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
  if (/^wss?:\/\//.test(text)) return { kind: 'webSocket', url: text };
  const pid = /^(\d+)(?:\/(.+))?$/.exec(text);
  if (pid !== null && Number(pid[1]) > 0) return { kind: 'pid', pid: Number(pid[1]), worker: pid[2] };
  const port = /^:(\d{1,5})(?:\/(.+))?$/.exec(text);
  if (port !== null) return onlyOne(listensOn(Number(port[1])), `listens on port ${port[1]}`, port[2]);
  const address = /^(.+):(\d{1,5})(?:\/(.+))?$/.exec(text);
  if (address?.[1] !== undefined && Number(address[2]) <= 65_535) {
    return { kind: 'address', host: address[1], port: Number(address[2]), worker: address[3] };
  }
  return onlyOne(namedLike(text, listCandidates()), `runs ${text}`, undefined);
};

const listensOn = (port: number): Candidate[] => listCandidates().filter(({ ports }) => ports.includes(port));

const onlyOne = (found: readonly Candidate[], what: string, worker: string | undefined): Target => {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return { kind: 'pid', pid: first.pid, worker };
  const [listed, message] =
    first === undefined
      ? [listCandidates(), `no Node process that this user can see ${what}`]
      : [found, `${found.length} Node processes: each ${what}`];
  const lines = listed.slice(0, mostListed).map(describeCandidate);
  if (listed.length > mostListed) lines.push(`and ${listed.length - mostListed} more: memwatch ps lists them`);
  throw new MemwatchError('not-found', message, {
    hint: [first === undefined ? targetForms : 'name one of them by its process id:', ...lines].join('\n    '),
  });
};

const mostListed = 10;

/** `1234 server.js in /srv/shop, port 3000`. */
export const describeCandidate = ({ pid, script, folder, ports }: Candidate): string => {
  const where = folder === '' ? '' : ` in ${folder}`;
  const listens = ports.length === 0 ? '' : `, port ${ports.join(', ')}`;
  return `${pid} ${script.length > longestScript ? `${script.slice(0, longestScript)}…` : script}${where}${listens}`;
};

const longestScript = 60;

const targetForms =
  'a target is a process id, the name of its script, :port, host:port of an inspector, a ws:// address, or -- script.js arguments';

const parseCommand = (argv: readonly string[]): Target => {
  if (argv.length > 0) return { kind: 'command', argv: [...argv] };
  throw new MemwatchError('bad-argument', 'no target given', { hint: targetForms });
};
