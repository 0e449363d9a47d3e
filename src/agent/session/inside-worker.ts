/**
 * A session inside a worker, for what must end with memwatch. Node keeps the sessions of workers open when the connection
 * to the main thread breaks: a profiler would run on for ever. A session that the worker itself has opened can be closed by
 * the guard there. In: the session of a worker that comes with the main thread's. Out: the other session.
 */
import { MemwatchError } from '../../errors.js';
import { callOn, evaluateRemote } from './evaluate.js';
import { enterGuardOfWorker, type Guard, type GuardEntry } from './guard.js';
import type { Session } from './protocol.js';

export interface InsideWorker {
  readonly session: Session;
  /** Ends it, and what was begun in it. */
  leave(): Promise<void>;
}

/** Has no events. Where Node refuses (its permission model), it is the same session. */
export const openInsideWorker = async (outside: Session): Promise<InsideWorker> => {
  const guard = await enterGuardOfWorker(outside);
  const leave = async (): Promise<void> => void (await guard.leave());
  try {
    return { session: await connectInside(outside, guard), leave };
  } catch (error) {
    if (!(error instanceof MemwatchError) || error.code !== 'target-error') throw error;
    return { session: outside, leave };
  }
};

const connectInside = async (outside: Session, { client }: GuardEntry): Promise<Session> => {
  const inspector = await evaluateRemote(outside, open, [client]);
  return {
    ...outside,
    send: (method, params, options) =>
      callOn(outside, inspector, post, [method, params ?? {}], {
        ...options,
        awaitPromise: waits(params),
      }) as Promise<never>,
  };
};

interface InspectorSession {
  post(method: string, params: object, listener: (error: Error | null, result?: object) => void): void;
}

/** Runs in the worker. */
const open = (client: string): InspectorSession => {
  const guard: Guard = Reflect.get(process, Symbol.for('memwatch'));
  const { Session } = guard.builtin('node:inspector');
  const session = new Session();
  session.connect();
  guard.onLeave(client, () => session.disconnect());
  return session;
};

/** The one kind of command that Node does not answer at once. */
const waits = (params: object | undefined): boolean =>
  params !== undefined && 'awaitPromise' in params && params.awaitPromise === true;

/** Runs in the worker. */
const post = (session: InspectorSession, method: string, params: object): unknown => {
  let answer: { error: Error | null; result?: object | undefined } | undefined;
  let tell = (): void => {};
  const answered = new Promise<void>((resolve) => (tell = resolve));
  session.post(method, params, (error, result) => {
    answer = { error, result };
    tell();
  });
  const read = (): object | undefined => {
    if (answer?.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer?.result;
  };
  return answer === undefined ? answered.then(read) : read();
};
