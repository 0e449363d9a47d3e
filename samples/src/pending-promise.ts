// Problem: every request races against one promise that settles only at shutdown.
// The leak: `handleRequest` in this file; each Promise.race adds reactions to `shutdown` that are never removed.
// Run: node samples/dist/pending-promise.js [requests per second]
import { setTimeout as sleep } from 'node:timers/promises';

let shutDown: () => void = () => {};
const shutdown = new Promise<void>((resolve) => (shutDown = resolve));
process.on('SIGTERM', () => shutDown());

async function readRow(id: number): Promise<string> {
  return `row ${id}`;
}

async function handleRequest(id: number): Promise<number> {
  const row = await Promise.race([shutdown, readRow(id)]);
  return row?.length ?? 0;
}

const perSecond = Number(process.argv[2] ?? 500);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) await handleRequest(id);
}
