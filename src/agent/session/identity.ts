/** Which process answers at an inspector. In: a session. Out: the Node process behind it, or an error that names what it is. */
import { MemwatchError } from '../../errors.js';
import { evaluate } from './evaluate.js';
import type { Session } from './protocol.js';

export interface Identity {
  /** The id that the process sees for itself. */
  readonly pid: number;
  /** `v22.23.3`. */
  readonly version: string;
  /** The process is this one. */
  readonly isItself: boolean;
}

/** Throws `not-node`. */
export const identify = async (session: Session, name: string): Promise<Identity> => {
  const who = await evaluate<Partial<Answer> | null>(session, readIdentity);
  const { pid, version, runtime, startedMs } = who ?? {};
  const isNode = Number.isInteger(pid) && /^v\d+\.\d+/.test(String(version)) && typeof runtime !== 'string';
  const isItself = pid === process.pid && startedMs === performance.timeOrigin;
  if (isNode) return { pid: Number(pid), version: String(version), isItself };
  const what = typeof runtime === 'string' ? `is not Node.js but ${runtime.slice(0, 200)}` : 'is not Node.js';
  throw new MemwatchError('not-node', `the process at ${name} ${what}`, {
    hint: 'memwatch reads Node.js processes; their inspectors are opened by node --inspect',
  });
};

interface Answer extends Omit<Identity, 'isItself'> {
  /** To the microsecond: no other process of that id has the same. */
  readonly startedMs: number;
  /** The name of the runtime, if it is not Node. */
  readonly runtime: string | null;
}

/** Runs in the target. */
const readIdentity = (): Answer => {
  if (typeof process !== 'object') {
    const browser: unknown = Reflect.get(globalThis, 'navigator');
    const agent: unknown = typeof browser === 'object' && browser !== null ? Reflect.get(browser, 'userAgent') : null;
    return {
      pid: 0,
      version: '',
      startedMs: 0,
      runtime: typeof agent === 'string' ? agent : 'another program with JavaScript',
    };
  }
  const { versions, pid, version } = process;
  const others: [string, string | undefined][] = [
    ['Bun', versions['bun']],
    ['Deno', versions['deno']],
  ];
  const other = others.find(([, its]) => its !== undefined);
  return { pid, version, startedMs: performance.timeOrigin, runtime: other === undefined ? null : other.join(' ') };
};
