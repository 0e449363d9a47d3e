// Problem: on each reload of its settings the service wraps its current handler, instead of the original one.
// The leak: `reload` in this file; `handler` is a chain of functions that grows by one per reload.
// Run: node samples/dist/wrapped-handler.js [reloads per second]
import { setTimeout as sleep } from 'node:timers/promises';

type Handler = (path: string) => string;

let handler: Handler = (path) => `page ${path}`;

function reload(version: number): void {
  const settings = { version, routes: Array.from({ length: 8 }, (_, i) => `/route-${i}/${version}`) };
  const inner = handler;
  handler = (path) => (settings.routes.includes(path) ? `route ${path}` : inner(path));
}

const perSecond = Number(process.argv[2] ?? 200);
console.log(`ready ${process.pid}`);
for (let version = 0; ; await sleep(20)) {
  for (const end = version + Math.max(1, Math.round(perSecond / 50)); version < end; version++) reload(version);
  handler(`/route-0/${version - 1}`);
}
