/** Which process answers at an inspector. In: a session. Out: the Node process behind it, or an error that names what it is. */
import { MemwatchError } from '../../errors.js';
import { evaluate } from './evaluate.js';
import type { Session } from './protocol.js';

export interface Identity {
  /** The id that the process sees for itself. */
  readonly pid: number;
  /** `v22.23.3`. */
  readonly version: string;
}

/** Throws `not-node`. */
export const identify = async (session: Session, name: string): Promise<Identity> => {
  const who = await evaluate<Partial<Answer> | null>(session, readIdentity);
  const { pid, version, runtime } = who ?? {};
  const isNode = Number.isInteger(pid) && /^v\d+\.\d+/.test(String(version)) && typeof runtime !== 'string';
  if (isNode) return { pid: Number(pid), version: String(version) };
  const what = typeof runtime === 'string' ? `is not Node.js but ${runtime.slice(0, 200)}` : 'is not Node.js';
  throw new MemwatchError('not-node', `the process at ${name} ${what}`, {
    hint: 'memwatch reads Node.js processes; their inspectors are opened by node --inspect',
  });
};

interface Answer extends Identity {
  /** The name of the runtime, if it is not Node. */
  readonly runtime: string | null;
}

/** Runs in the target. */
const readIdentity = (): Answer => {
  if (typeof process !== 'object') {
    const browser: unknown = Reflect.get(globalThis, 'navigator');
    const agent: unknown = typeof browser === 'object' && browser !== null ? Reflect.get(browser, 'userAgent') : null;
    return { pid: 0, version: '', runtime: typeof agent === 'string' ? agent : 'another program with JavaScript' };
  }
  const { versions, pid, version } = process;
  const others: [string, string | undefined][] = [
    ['Bun', versions['bun']],
    ['Deno', versions['deno']],
  ];
  const other = others.find(([, its]) => its !== undefined);
  return { pid, version, runtime: other === undefined ? null : other.join(' ') };
};
