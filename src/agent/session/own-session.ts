/**
 * The inspector of the thread that this code runs in, as a Session, so that code written for remote targets also works
 * inside a process. Node answers such commands synchronously.
 */
import { Session as InspectorSession } from 'node:inspector';
import { bounded, type Session } from './protocol.js';

/** Connects to the current thread. Throws if Node was built without an inspector, or may not use it. */
export const connectOwnSession = (): Session => {
  const inspector = new InspectorSession();
  inspector.connect();
  const closed = new AbortController();
  const post = (method: string, params: object | undefined): Promise<unknown> =>
    new Promise((resolve, reject) => {
      inspector.post(method, params, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
  return {
    send: (method, params, options) =>
      bounded(post(method, params), method, { closed: closed.signal }, options?.timeoutMs) as Promise<never>,
    on: (event, listener) => {
      const unwrap = (message: { params: object }): void => listener(message.params as never);
      inspector.on(event, unwrap);
      return () => inspector.off(event, unwrap);
    },
    closed: closed.signal,
    hurry: () => {}, // it answers synchronously
    beforeCut: () => {},
    close: async () => {
      inspector.disconnect();
      closed.abort();
    },
  };
};
