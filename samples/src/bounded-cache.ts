// No problem: a cache that fills up to its limit, and then drops the oldest entry for each new one.
// What looks like a leak: the heap rises while it fills, and every request adds an entry.
// Run: node samples/dist/bounded-cache.js [requests per second]
import { setTimeout as sleep } from 'node:timers/promises';

class Page {
  readonly parts: string[] = [];
  constructor(readonly path: string) {
    for (let i = 0; i < 8; i++) this.parts.push(`part ${i} of ${path}`);
  }
}

const limit = 300;
const pages = new Map<string, Page>();

function handleRequest(id: number): number {
  const page = new Page(`/page/${id}`);
  pages.set(page.path, page);
  for (const [oldest] of pages) {
    if (pages.size <= limit) break;
    pages.delete(oldest);
  }
  return page.parts.length;
}

const perSecond = Number(process.argv[2] ?? 1000);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) handleRequest(id);
}
