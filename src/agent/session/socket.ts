/**
 * The WebSocket to an inspector; the one file that knows ws. In: a `ws://` address. Out: messages, parsed. What answers
 * there may be anything: every wait ends, a message has a greatest size, and what is no JSON closes the connection.
 */
import { setMaxListeners } from 'node:events';
import Connection from 'ws';
import { MemwatchError, messageOf } from '../../errors.js';
import { readMessage, type Message } from './channel.js';

export interface Socket {
  send(text: string): void;
  onMessage(listener: (message: Message) => void): void;
  /** Aborted when the connection is gone; the reason is the MemwatchError for whatever waits for an answer. */
  readonly closed: AbortSignal;
  /** Says goodbye, and cuts the connection where that is not answered at once; the first reason counts. */
  close(reason?: unknown): Promise<void>;
}

/** V8 sends a heap snapshot in pieces; the largest single message is a CPU profile, some 10 MB in ten minutes. */
const mostMessageBytes = 128 * 2 ** 20;
const handshakeMs = 10_000;
const goodbyeMs = 200;

/** Closed when the signal is aborted, by its reason. Throws that, `disconnected` or `no-answer`. */
export const openSocket = async (url: string, signal: AbortSignal): Promise<Socket> => {
  const closed = new AbortController();
  setMaxListeners(0, closed.signal); // one a command under way
  const ws = newWebSocket(url);
  let onMessage: (message: Message) => void = () => {};
  ws.on('message', (data) => {
    if (closed.signal.aborted) return;
    try {
      onMessage(readMessage(data.toString('utf8')));
    } catch (cause) {
      void close(notTheProtocol(url, cause));
    }
  });
  const gone = new Promise<void>((resolve) => ws.on('close', resolve));
  const close = async (reason?: unknown): Promise<void> => {
    closed.abort(reason);
    ws.close();
    const late = setTimeout(() => ws.terminate(), goodbyeMs); // a target that is stopped never says goodbye
    await gone;
    clearTimeout(late);
  };
  ws.on('error', (cause) => closed.abort(brokenBy(url, cause)));
  ws.on('close', () => closed.abort());
  const cut = (): void => void close(signal.reason);
  signal.addEventListener('abort', cut, { once: true });
  await opened(ws, url, closed.signal);
  const send = (text: string): void => ws.send(text, () => {}); // where it fails, the connection is gone
  return { send, closed: closed.signal, close, onMessage: (listener) => void (onMessage = listener) };
};

const newWebSocket = (url: string): Connection => {
  try {
    return new Connection(url, {
      maxPayload: mostMessageBytes,
      handshakeTimeout: handshakeMs,
      followRedirects: false, // would lead to another process than the one that was named
      perMessageDeflate: false,
    });
  } catch (cause) {
    throw new MemwatchError('bad-argument', `not an address of an inspector: ${url}`, { cause });
  }
};

const opened = (ws: Connection, url: string, closed: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    ws.on('open', resolve);
    closed.addEventListener('abort', () => {
      const reason: unknown = closed.reason;
      const known = reason instanceof MemwatchError;
      reject(known ? reason : new MemwatchError('disconnected', `cannot connect to ${url}: it hung up`));
    });
  });

const brokenBy = (url: string, cause: Error): MemwatchError => {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    const most = `${mostMessageBytes / 2 ** 20} MB`;
    return new MemwatchError('target-error', `${url} sent a message of more than ${most}: not read`, { cause });
  }
  if (messageOf(cause).includes('handshake has timed out')) {
    const what = `${url} did not answer within ${handshakeMs / 1000} s`;
    return new MemwatchError('no-answer', what, { cause, hint: 'is it an inspector, and does its process run?' });
  }
  return new MemwatchError('disconnected', `the connection to ${url} failed: ${messageOf(cause)}`, { cause });
};

const notTheProtocol = (url: string, cause: unknown): MemwatchError =>
  new MemwatchError('target-error', `${url} sent what is not the inspector protocol`, {
    hint: 'is it the inspector of a Node process?',
    cause,
  });
