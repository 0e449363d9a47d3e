// Problem: every line of `importOrders` costs something different; a total for the function would hide which line to fix.
// The lines: `const file` takes 10 MiB outside the heap, `const totals` 1 MB in it, `checksum(…, 4)` four times the time of
// `checksum(…, 1)`, and `await` only waits, which costs nothing. It ends after ten rounds.
// Run: memwatch lines line-costs.ts:importOrders -- samples/dist/line-costs.js
import { setTimeout as sleep } from 'node:timers/promises';

const kept: unknown[] = [];

function checksum(bytes: Buffer, times: number): number {
  let sum = 0;
  for (let i = 0; i < times * 500_000; i++) sum = (sum * 31 + bytes[i]) | 0;
  return sum;
}

async function importOrders(day: number): Promise<number> {
  const file = Buffer.alloc(10 * 1024 * 1024, day);
  const totals = Array.from({ length: 131_072 }, () => day);
  kept.push(file, totals);
  let sum = checksum(file, 4);
  sum += checksum(file, 1);
  await sleep(20);
  return sum + totals.length;
}

console.log(`ready ${process.pid}`);
for (let day = 1; day <= 10; day++) await importOrders(day);
