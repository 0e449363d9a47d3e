// Problem: a cache in this module that is keyed by request id and never emptied.
// The leak: `sessions` in this file; every request adds one Session that nothing removes.
// Run: node samples/dist/growing-cache.js [requests per second]
import { setTimeout as sleep } from 'node:timers/promises';

class Session {
  readonly startedAt = Date.now();
  readonly history: string[] = [];
  constructor(readonly user: string) {
    for (let i = 0; i < 20; i++) this.history.push(`${user} looked at page ${i}`);
  }
}

const sessions = new Map<string, Session>();

function handleRequest(id: number): number {
  const session = new Session(`user-${id}`);
  sessions.set(`request-${id}`, session);
  return session.history.length;
}

const perSecond = Number(process.argv[2] ?? 500);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) handleRequest(id);
}
