/**
 * A session without a target: it answers what a test says, and writes down what was sent. For error paths, and for the order
 * of the steps of a search; what a real target does is tested on real targets.
 */
import type { Attachment } from '#memwatch/agent/attach/attach.js';
import type { Session } from '#memwatch/agent/session/protocol.js';
import type { WorkerThread } from '#memwatch/agent/session/workers.js';

/** By method: the answer, or what is thrown. What is not listed gets an empty answer. */
export type DrawnAnswers = Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => unknown>>;

export interface DrawnSession {
  readonly session: Session;
  /** The methods that were sent, in order. */
  readonly sent: string[];
  /** Sends an event to whoever listens. */
  emit(event: string, params: object): void;
  close(): void;
}

export const drawSession = (answers: DrawnAnswers = {}): DrawnSession => {
  const sent: string[] = [];
  const closed = new AbortController();
  const listeners = new Map<string, Set<(params: object) => void>>();
  const session = {
    send: async (method: string, params: Readonly<Record<string, unknown>> = {}) => {
      sent.push(method);
      return answers[method]?.(params) ?? {};
    },
    on: (event: string, listener: (params: object) => void) => {
      const ofEvent = listeners.get(event) ?? new Set();
      listeners.set(event, ofEvent.add(listener));
      return () => void ofEvent.delete(listener);
    },
    closed: closed.signal,
    hurry: () => {},
    beforeCut: () => {},
    close: async () => closed.abort(),
  } as unknown as Session;
  const emit = (event: string, params: object): void => listeners.get(event)?.forEach((listen) => listen(params));
  return { session, sent, emit, close: () => closed.abort() };
};

export interface DrawnAttachment extends Attachment {
  /** What was registered to be undone. */
  readonly undos: (() => unknown)[];
}

/** An attachment to no process of this machine, whose main thread is behind that session. */
export const drawAttachment = (session: Session, values: Partial<Attachment> = {}): DrawnAttachment => {
  const undos: (() => unknown)[] = [];
  return {
    pid: undefined,
    port: 0,
    nodeVersion: 'v20.0.0',
    session,
    main: session,
    worker: undefined,
    opened: false,
    client: '1',
    program: undefined,
    ending: session.closed,
    runIfWaiting: async () => {},
    workers: async () => [],
    onWorker: () => () => {},
    onDetach: (undo) => void undos.push(undo),
    howItEnded: async () => undefined,
    hasDetached: () => false,
    detach: async () => {},
    undos,
    ...values,
  };
};

export const drawWorker = (id: string, session: Session): WorkerThread => ({
  id,
  title: `[worker ${id}] queue`,
  url: 'file:///srv/app/queue.mjs',
  session,
});

/** The answer of the protocol to an evaluation whose value is this. */
export const valueOf = (value: unknown) => ({ result: { type: typeof value, value, objectId: '1' } });
