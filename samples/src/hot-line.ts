// Problem: one line of `price` takes three quarters of this program's CPU time.
// The line: `discount = …` in `price`; it walks the whole history, and the line after it a third of that.
// Run: node samples/dist/hot-line.js
import { setTimeout as sleep } from 'node:timers/promises';

const history = Float64Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 1000);

function price(customer: number): number {
  let discount = 0;
  let tax = 0;
  for (let i = 0; i < 300_000; i++) discount = Math.sqrt(discount + history[i]);
  for (let i = 0; i < 100_000; i++) tax = Math.sqrt(tax + history[i]);
  return customer + discount - tax;
}

console.log(`ready ${process.pid}`);
for (let customer = 0, total = 0; ; customer++) {
  total += price(customer);
  if (customer % 10 === 0) await sleep(1);
  if (total < 0) console.log(total);
}
