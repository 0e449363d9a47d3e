// No leak: a server that replies to requests; connections are pooled by fetch and closed at the end.
import { createServer } from 'node:http';

export const iterations = 50;
export const setup = async () => {
  const server = createServer((_, response) => response.end('ok'));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
};
export const iterate = async (server) => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}`);
  await response.text();
};
export const teardown = (server) => {
  server.close();
  server.closeAllConnections();
};
