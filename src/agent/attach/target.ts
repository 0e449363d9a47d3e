/** What a user may name as a target, and how it is read from the command line. */
import { MemwatchError } from '../../errors.js';

export type Target =
  /** `1234`, or `1234/2` for a worker thread of it. */
  | { kind: 'pid'; pid: number; worker: string | undefined }
  /** `127.0.0.1:9229`. */
  | { kind: 'address'; host: string; port: number; worker: string | undefined }
  /** `ws://127.0.0.1:9229/…`. */
  | { kind: 'webSocket'; url: string }
  /** `-- script.js arguments…`: memwatch starts it. */
  | { kind: 'command'; argv: string[] };

/** Reads a target. Throws `bad-argument`. */
export const parseTarget = (text: string | undefined, afterDashes: readonly string[] = []): Target => {
  if (text === undefined || text === '') return parseCommand(afterDashes);
  if (/^wss?:\/\//.test(text)) return { kind: 'webSocket', url: text };
  const pid = /^(\d+)(?:\/(.+))?$/.exec(text);
  if (pid !== null && Number(pid[1]) > 0) return { kind: 'pid', pid: Number(pid[1]), worker: pid[2] };
  const address = /^(.+):(\d{1,5})(?:\/(.+))?$/.exec(text);
  if (address?.[1] !== undefined && Number(address[2]) <= 65_535) {
    return { kind: 'address', host: address[1], port: Number(address[2]), worker: address[3] };
  }
  throw new MemwatchError('bad-argument', `not a target: ${text}`, {
    hint: 'a target is a process id, host:port, a ws:// address, or -- script.js arguments',
  });
};

const parseCommand = (argv: readonly string[]): Target => {
  if (argv.length > 0) return { kind: 'command', argv: [...argv] };
  throw new MemwatchError('bad-argument', 'no target given', {
    hint: 'name a process id (memwatch ps lists them), host:port, a ws:// address, or -- script.js arguments',
  });
};
