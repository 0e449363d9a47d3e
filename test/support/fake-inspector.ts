/** A server where an inspector is expected, which answers what a test wants: nothing, nonsense, or too much. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';

export interface FakeInspector {
  readonly address: string;
  readonly url: string;
}

export interface FakeAnswers {
  /** The answer to `GET /json/list`; by default the usual list. */
  list?: (response: ServerResponse, url: string) => void;
  /** What happens when a client requests a WebSocket; by default the usual handshake. */
  upgrade?: (socket: Duplex) => void;
  /** Called right after the handshake. */
  open?: (socket: Duplex) => void;
  /** Called when a frame has arrived. */
  frame?: (socket: Duplex, count: number) => void;
  /** A command has come: its result, or undefined for that of a Node process that does nothing. */
  result?: (method: string, send: (event: object) => void, params: string) => object | undefined;
}

export const startFakeInspector = async (t: TestContext, answers: FakeAnswers): Promise<FakeInspector> => {
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => {
    if (answers.list !== undefined) answers.list(response, url);
    else response.end(JSON.stringify([{ webSocketDebuggerUrl: url }]));
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {}); // the client may disconnect at any time
    if (answers.upgrade !== undefined) return answers.upgrade(socket);
    socket.write(handshake(request));
    answers.open?.(socket);
    let count = 0;
    socket.on('data', () => answers.frame?.(socket, ++count));
    if (answers.result !== undefined) answerCommands(socket, answers.result);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `ws://${address}/fake`;
  return { address, url };
};

/** Answers as a Node process would that is called v22.6.0, but for what a test wants otherwise. */
const answerCommands = (socket: Duplex, resultOf: NonNullable<FakeAnswers['result']>): void => {
  const send = (message: object): void => void socket.write(textFrame(JSON.stringify(message)));
  let bytes = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
    for (let text = takeFrame(); text !== undefined; text = takeFrame()) {
      const { id, method, params } = JSON.parse(text) as { id: number; method: string; params: unknown };
      if (method === 'NodeTracing.stop') send(emptyStatistics);
      const asked = JSON.stringify(params ?? {});
      send({ id, result: resultOf(method, send, asked) ?? idleResult(method, asked) });
    }
  });
  /** The text of the next whole frame of a client, which is masked; frames of 64 KB and more do not come. */
  const takeFrame = (): string | undefined => {
    const short = (bytes[1] ?? 0) & 127;
    const head = short === 126 ? 4 : 2;
    const length = short === 126 && bytes.length >= 4 ? bytes.readUInt16BE(2) : short;
    const isText = ((bytes[0] ?? 0) & 15) === 1; // the other kind that comes is the goodbye
    if (!isText || bytes.length < head + 4 + length) return undefined;
    const mask = bytes.subarray(head, head + 4);
    const text = bytes.subarray(head + 4, head + 4 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    bytes = bytes.subarray(head + 4 + length);
    return Buffer.from(text).toString('utf8');
  };
};

/** Comes when V8 has counted the objects of its heap. */
const emptyStatistics = {
  method: 'NodeTracing.dataCollected',
  params: { value: [{ name: 'V8.GC_Objects_Stats', args: { live: '{}' } }] },
};

const idleResult = (method: string, params: string): object => {
  const identity = { pid: 4242, version: 'v22.6.0', runtime: null };
  const sizes = { heapUsed: 5e6, rss: 1e7, heapTotal: 6e6, external: 1, rssBytes: 1e7, heapBytes: 1e6 };
  const room = { ...sizes, usedBytes: 5e6, largeBytes: 1e6 };
  const value = /\bversions?\b/.test(params) ? identity : { opened: false, client: '1', clients: 1, ...room };
  if (method === 'Runtime.evaluate' && /[" ]process\.version\\n/.test(params))
    return { result: { type: 'string', value: identity.version } };
  if (method === 'Runtime.evaluate') return { result: { type: 'object', value, objectId: '1' } };
  if (method === 'Runtime.callFunctionOn') return { result: { value: {} } };
  if (method === 'Runtime.getHeapUsage') return { usedSize: 5e6, totalSize: 6e6 };
  if (method === 'Runtime.queryObjects') return { objects: { objectId: '2' } };
  return { profile: { nodes: [], samples: [], timeDeltas: [], startTime: 0, endTime: 1 } };
};

const handshake = (request: IncomingMessage): string => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
};

/** The header of a WebSocket text frame with this many bytes. */
export const frameHead = (bytes: number): Buffer => {
  const head = Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
};

export const textFrame = (text: string): Buffer =>
  Buffer.concat([frameHead(Buffer.byteLength(text)), Buffer.from(text)]);
