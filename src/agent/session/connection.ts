/**
 * The connection to an inspector; the one file that knows chrome-remote-interface. In: a `ws://` address. Out: answers to
 * commands, and events. The other side may send anything: every wait is bounded, messages have a maximum size, anything
 * that is not a message of the protocol closes the connection, and no redirect is followed to another process.
 *
 * chrome-remote-interface (0.34) trusts the other side, and does not let its users choose the options of its WebSocket. So its class is
 * used directly, with a WebSocket that is made here: of the package that it uses itself.
 */
import { EventEmitter, setMaxListeners } from 'node:events';
import type { Agent } from 'node:http';
import { createRequire } from 'node:module';
import Chrome, { type WebSocket, type WebSocketClass } from 'chrome-remote-interface/lib/chrome.js';
import { MemwatchError, messageOf } from '../../errors.js';
import { keepAcknowledging } from './acknowledge.js';
import { answeredError, readMessage } from './channel.js';
import { passTerminationsOn, type Ask } from './termination.js';

export interface Connection {
  /** The answer to a command; rejected with the target's error, which carries its `response`. */
  ask: Ask;
  /** Waits for an answer that comes as an event. */
  expect(answer: Promise<unknown>): Promise<unknown>;
  on(event: string, listener: (params: never) => void): () => void;
  /** Aborted when the connection is gone; the reason is the MemwatchError that every waiting command throws. */
  readonly closed: AbortSignal;
  /** Says goodbye, and cuts the connection if that is not answered at once. If called twice, the first reason counts. */
  close(reason?: unknown): Promise<void>;
}

/** V8 sends a heap snapshot in pieces; the largest single message is a CPU profile, about 10 MB for ten minutes. */
const maxMessageBytes = 128 * 2 ** 20;
const handshakeMs = 10_000;
const goodbyeMs = 200;

const packageOfChrome = createRequire(import.meta.url).resolve('chrome-remote-interface');
const WebSocketOfChrome: WebSocketClass = createRequire(packageOfChrome)('ws');

/**
 * The connection closes when the signal is aborted, with the signal's reason. `agent` makes the connection if it is given.
 * Throws the signal's reason, `disconnected` or `no-answer`.
 */
export const openConnection = async (url: string, signal: AbortSignal, agent?: Agent): Promise<Connection> => {
  const closed = new AbortController();
  setMaxListeners(0, closed.signal); // one listener for each command that is waiting
  const { client, close, cut } = await connect(url, signal, closed, agent);
  signal.addEventListener('abort', () => void cut(signal.reason), { once: true });
  const on: Connection['on'] = (event, listener) => {
    client.on(event, listener);
    return () => void client.off(event, listener);
  };
  client.setMaxListeners(0); // one listener for each feature that listens
  const send = sendUnlessClosing(client);
  const acknowledging = keepAcknowledging(() => send('Runtime.getIsolateId', {}));
  client._ws?.on('message', acknowledging.received);
  const ask: Ask = (method, params, closes) =>
    acknowledging.during(send(method, params, closes)).catch((error: Error & { response?: { message: unknown } }) => {
      throw error.response === undefined ? error : answeredError(error.response);
    });
  return { ask: passTerminationsOn(ask), expect: acknowledging.during, on, closed: closed.signal, close };
};

/**
 * While the target closes its inspector, nothing else is sent: it waits for the answer, or the end of the connection. If a
 * message comes at that moment, Node 20 to 26 may read in the same turn of its loop that its close frame was answered, before
 * it has noted that the frame was sent; it then sends a second one, and the process ends as `closerOf` says.
 */
const sendUnlessClosing = (client: Client): Ask => {
  let closing: Promise<void> | undefined;
  const send: Ask = (method, params, closes) => {
    if (closing !== undefined) return closing.then(() => send(method, params, closes));
    const answer = client.send(method, params ?? {});
    const over = (): void => (closing = undefined);
    if (closes === true) closing = answer.then(over, over);
    return answer;
  };
  return send;
};

/** With a WebSocket whose messages have a maximum size, which follows no redirect, and which is shown before it is open. */
class Client extends Chrome {
  constructor(
    private readonly url: string,
    notifier: EventEmitter,
    private readonly agent: Agent | undefined,
    private readonly onSocket: (socket: WebSocket) => void,
  ) {
    super({ target: url, protocol: { domains: [] } }, notifier);
  }

  override _connectToWebSocket(): Promise<void> {
    const { agent } = this;
    const socket = new WebSocketOfChrome(this.url, [], {
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      agent,
    });
    this._ws = socket;
    this.onSocket(socket);
    socket.once('close', () => {
      this._handleConnectionClose();
      this.emit('disconnect');
    });
    return new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', reject);
    });
  }
}

/** Both close the connection; whichever is called first counts. */
interface Closer {
  readonly close: Connection['close'];
  /** Without a goodbye. */
  readonly cut: Connection['close'];
}

interface Connected extends Closer {
  readonly client: Client;
}

/** Throws the signal's reason, `no-answer` if the handshake takes too long, `disconnected` if it fails. */
const connect = (
  url: string,
  signal: AbortSignal,
  closed: AbortController,
  agent: Agent | undefined,
): Promise<Connected> =>
  new Promise((resolve, reject) => {
    if (!URL.canParse(url)) throw new MemwatchError('bad-argument', `not an address of an inspector: ${url}`);
    const notifier = new EventEmitter();
    let closer: Closer = { close: async () => {}, cut: async () => {} };
    const client = new Client(url, notifier, agent, (socket) => {
      closer = closerOf(socket, closed);
      listen(client, socket, url, closed, closer.close);
    });
    const fail = (reason: unknown): void => {
      reject(reason);
      client._ws?.terminate();
    };
    const late = setTimeout(() => fail(noHandshake(url)), handshakeMs);
    const interrupt = (): void => fail(signal.reason);
    signal.addEventListener('abort', interrupt, { once: true });
    const settled = (): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', interrupt);
    };
    notifier.once('connect', () => {
      settled();
      resolve({ client, ...closer });
    });
    notifier.on('error', (cause: Error) => {
      settled();
      fail(brokenBy(url, cause));
    });
    client.on('disconnect', () => {
      const { reason } = closed.signal; // what the socket's error said
      fail(reason instanceof MemwatchError ? reason : hungUp(url));
    });
  });

/**
 * A target that was just asked to close its inspector must not get a goodbye at the same moment: Node 20 to 26 would send
 * two close frames, and read memory that is freed after the first (WsHandler::OnCloseFrameWritten), which ends the process.
 * So after such a request memwatch waits for the target to say goodbye.
 */
const closerOf = (socket: WebSocket, closed: AbortController): Closer => {
  const gone = new Promise<void>((resolve) => void socket.once('close', resolve));
  let ending: Promise<void> | undefined;
  const leave = async (reason: unknown, sayGoodbye: boolean): Promise<void> => {
    closed.abort(reason);
    if (sayGoodbye) socket.close();
    const late = setTimeout(() => socket.terminate(), goodbyeMs); // a stopped target never says goodbye
    await gone;
    clearTimeout(late);
  };
  return {
    close: (reason) => (ending ??= leave(reason, true)),
    cut: (reason) => (ending ??= leave(reason, false)),
  };
};

const listen = (
  client: Client,
  socket: WebSocket,
  url: string,
  closed: AbortController,
  close: Connection['close'],
): void => {
  socket.on('error', (cause) => closed.abort(brokenBy(url, cause)));
  socket.once('close', () => closed.abort());
  socket.on('message', (data: Buffer) => {
    if (!closed.signal.aborted) receive(client, url, data, close);
  });
};

const receive = (client: Client, url: string, data: Buffer, close: Connection['close']): void => {
  if (data.length > maxMessageBytes) return void close(tooLarge(url));
  try {
    client._handleMessage(readMessage(data.toString('utf8')));
  } catch (cause) {
    void close(notTheProtocol(url, cause));
  }
};

const tooLarge = (url: string, cause?: unknown): MemwatchError => {
  const most = `${maxMessageBytes / 2 ** 20} MB`;
  return new MemwatchError('target-error', `${url} sent a message of more than ${most}, which is not read`, { cause });
};

const hungUp = (url: string): MemwatchError =>
  new MemwatchError('disconnected', `cannot connect to ${url}: the other side closed the connection`);

const noHandshake = (url: string): MemwatchError =>
  new MemwatchError('no-answer', `${url} did not answer within ${handshakeMs / 1000} s`, {
    hint: 'is it an inspector, and does its process run?',
  });

const brokenBy = (url: string, cause: Error): MemwatchError => {
  const code = 'code' in cause ? cause.code : undefined;
  if (/^Unexpected server response: 3\d\d$/.test(cause.message))
    return new MemwatchError('target-error', `${url} redirects to another address, which memwatch does not follow`);
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return tooLarge(url, cause);
  return new MemwatchError('disconnected', `the connection to ${url} failed: ${messageOf(cause)}`, { cause });
};

const notTheProtocol = (url: string, cause: unknown): MemwatchError =>
  new MemwatchError('target-error', `${url} sent something that is not the inspector protocol`, {
    hint: 'is it the inspector of a Node process?',
    cause,
  });
