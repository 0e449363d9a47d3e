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
