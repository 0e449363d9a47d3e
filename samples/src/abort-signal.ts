// Problem: each request listens to the signal that the service is stopping, and never removes its listener.
// The leak: `handleRequest` in this file; `stopping` gains one 'abort' listener per request.
// Run: node samples/dist/abort-signal.js [requests per second]
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const stopping = new AbortController();
setMaxListeners(0, stopping.signal);

class Upload {
  cancelled = false;
  readonly chunks: string[] = [];
  constructor(readonly id: number) {
    for (let i = 0; i < 8; i++) this.chunks.push(`chunk ${i} of upload ${id}`);
  }
}

function handleRequest(id: number): number {
  const upload = new Upload(id);
  stopping.signal.addEventListener('abort', () => (upload.cancelled = true));
  return upload.chunks.length;
}

const perSecond = Number(process.argv[2] ?? 500);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) handleRequest(id);
}
