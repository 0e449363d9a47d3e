/**
 * Commands and events over one connection. In: how to send a message, and the messages that arrive. Out: an answer to each
 * command, and events for their listeners. Used for the sessions of workers, which travel inside another connection.
 */
import { passTerminationsOn } from './termination.js';

/** A message of the inspector protocol: the answer to a command, or an event. */
export interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: unknown;
}

type Listener = (params: never) => void;

export interface Channel {
  /** The answer to a command; rejected with the target's error, which carries its `response`. */
  ask(method: string, params: unknown): Promise<unknown>;
  receive(message: Message): void;
  on(event: string, listener: Listener): () => void;
}

export const openChannel = (post: (text: string) => void | Promise<void>): Channel => {
  const pending = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, Set<Listener>>();
  let lastId = 0;
  const ask: Channel['ask'] = async (method, params) => {
    const id = ++lastId;
    const answer = new Promise<unknown>((resolve, reject) => pending.set(id, { resolve, reject }));
    answer.catch(() => {}); // if the message cannot be sent, no caller waits for this
    await post(JSON.stringify({ id, method, params: params ?? {} }));
    return answer;
  };
  return {
    ask: passTerminationsOn(ask),
    receive: ({ id, result, error, method, params }) => {
      if (id === undefined) {
        for (const listener of listeners.get(method ?? '') ?? []) listener((params ?? {}) as never);
        return;
      }
      const command = pending.get(id);
      pending.delete(id);
      if (error !== undefined) command?.reject(answeredError(error));
      else command?.resolve(result ?? {});
    },
    on: (event, listener) => {
      const all = listeners.get(event) ?? new Set();
      listeners.set(event, all.add(listener));
      return () => void all.delete(listener);
    },
  };
};

const isMessage = (value: unknown): value is Message =>
  isObject(value) && ['result', 'error', 'params'].every((key) => isObject(value[key] ?? {}));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An error that the target sent as an answer; not every inspector sends its message as text. */
export const answeredError = (response: { readonly message: unknown }): Error =>
  Object.assign(new Error(textOf(response.message)), { response });

const textOf = (message: unknown): string => (typeof message === 'string' ? message : (JSON.stringify(message) ?? ''));

/** Throws if the text is not a message of the protocol. */
export const readMessage = (text: string): Message => {
  const message: unknown = JSON.parse(text);
  if (isMessage(message)) return message;
  throw new Error('not a message of the inspector protocol');
};
