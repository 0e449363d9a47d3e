// No problem: log lines are collected and written out in batches.
// What looks like a leak: `pending` grows with every request, for most of the time; then a batch takes all of it.
// Run: node samples/dist/batched-log.js [requests per second]
import { setTimeout as sleep } from 'node:timers/promises';

class Line {
  readonly at = Date.now();
  constructor(readonly text: string) {}
}

const pending: Line[] = [];
const stats = { written: 0 };

function log(text: string): void {
  pending.push(new Line(text));
}

function flush(): void {
  stats.written += pending.splice(0).reduce((bytes, line) => bytes + line.text.length, 0);
}

const perSecond = Number(process.argv[2] ?? 1000);
setInterval(flush, 700);
console.log(`ready ${process.pid}`);
for (let id = 0; ; await sleep(20)) {
  for (const end = id + Math.max(1, Math.round(perSecond / 50)); id < end; id++) log(`request ${id} came`);
}
