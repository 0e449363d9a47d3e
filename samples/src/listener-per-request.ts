// Problem: each request listens to the shared configuration and never stops listening.
// The leak: `handleRequest` in this file; `settings` gains one 'change' listener per request.
// Run: node samples/dist/listener-per-request.js [requests per second]
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

class Settings extends EventEmitter {
  theme = 'light';
}

class Page {
  theme: string;
  readonly parts: string[] = [];
  constructor(settings: Settings, id: number) {
    this.theme = settings.theme;
    for (let i = 0; i < 8; i++) this.parts.push(`part ${i} of page ${id}`);
  }
}

const settings = new Settings();
settings.setMaxListeners(0); // the warning was in the way

function handleRequest(id: number): number {
  const page = new Page(settings, id);
  settings.on('change', () => (page.theme = settings.theme));
  return page.parts.length;
}

const perSecond = Number(process.argv[2] ?? 500);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) handleRequest(id);
}
