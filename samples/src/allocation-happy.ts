// Problem: one line allocates nearly everything that this program allocates, and that keeps the garbage collector busy.
// The function: `toRows`; it splits and copies every record, although its caller needs only one number. `remember` keeps a
// few hundred small objects in twenty rounds, and is the only one whose allocations stay alive.
// Run: node samples/dist/allocation-happy.js
import { setTimeout as sleep } from 'node:timers/promises';

const records = Array.from({ length: 200 }, (_, i) => `user-${i};${i * 31};${i % 7}`);
const remembered: { total: number; user: number }[] = [];

function toRows(): string[][] {
  return records.map((record) => record.split(';').map((field) => `${field}!`));
}

function remember(total: number): void {
  for (let user = 0; user < 300; user++) remembered.push({ total, user });
}

function report(round: number): number {
  let total = 0;
  for (const row of toRows()) total += row.length;
  if (round % 20 === 0) remember(total);
  return total;
}

console.log(`ready ${process.pid}`);
for (let round = 0; ; round++) {
  report(round);
  if (round % 20 === 0) await sleep(5);
}
