/** A web server on loopback that keeps what it is sent. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Received {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** `statusOf`: what it answers to the request of that number, from 0. `isSilent`: it never answers. */
export const startReceiver = async (
  t: TestContext,
  statusOf: (request: number) => number = () => 200,
  isSilent = false,
) => {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    response.statusCode = statusOf(received.length);
    received.push({ url: new URL(request.url ?? '/', 'http://localhost'), headers: request.headers, body: Buffer.concat(parts) }); // prettier-ignore
    if (!isSilent) response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, received };
};
