// Problem: each session starts a heartbeat that is not stopped when the session ends.
// The leak: `openSession` in this file; the interval retains its Session forever.
// Run: node samples/dist/timer-per-session.js [sessions per second]
import { setTimeout as sleep } from 'node:timers/promises';

class Session {
  beats = 0;
  readonly inbox: string[] = [];
  constructor(readonly user: string) {
    for (let i = 0; i < 8; i++) this.inbox.push(`message ${i} for ${user}`);
  }
}

function openSession(id: number): Session {
  const session = new Session(`user-${id}`);
  setInterval(() => session.beats++, 3_600_000);
  return session;
}

function closeSession(session: Session): void {
  session.inbox.length = 0;
}

const perSecond = Number(process.argv[2] ?? 500);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) closeSession(openSession(id));
}
