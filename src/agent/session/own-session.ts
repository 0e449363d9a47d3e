/**
 * The inspector of the thread that this code runs in, as a Session, so that what is written for remote targets serves
 * inside a process too. Node answers such commands at once, on the same stack.
 */
import { Session as InspectorSession } from 'node:inspector';
import { bounded, type Session } from './protocol.js';

/** Connects to the own thread. Throws where Node was built without an inspector, or may not use it. */
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
      bounded(post(method, params), method, closed.signal, options?.timeoutMs) as Promise<never>,
    on: (event, listener) => {
      const unwrap = (message: { params: object }): void => listener(message.params as never);
      inspector.on(event, unwrap);
      return () => inspector.off(event, unwrap);
    },
    closed: closed.signal,
    hurry: () => {}, // it answers at once
    beforeCut: () => {},
    close: async () => {
      inspector.disconnect();
      closed.abort();
    },
  };
};
