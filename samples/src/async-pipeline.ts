// Problem: of three steps of an asynchronous pipeline, `parse` takes the CPU; `load` only waits, which costs nothing.
// The function: `parse`; it builds a regular expression for each field of each order.
// Run: node samples/dist/async-pipeline.js
import { setTimeout as sleep } from 'node:timers/promises';

interface Order {
  readonly id: number;
  readonly fields: string[];
}

async function load(id: number): Promise<string> {
  await sleep(2);
  return Array.from({ length: 300 }, (_, i) => `field${i}=${id + i}`).join('&');
}

async function parse(id: number, text: string): Promise<Order> {
  const fields: string[] = [];
  for (const part of text.split('&')) {
    const pattern = new RegExp(`^field(\\d+)=(\\d+)$|${part}`);
    fields.push(pattern.exec(part)?.[2] ?? '');
  }
  return { id, fields };
}

async function store(order: Order): Promise<number> {
  await sleep(1);
  return order.fields.length;
}

console.log(`ready ${process.pid}`);
for (let id = 0, stored = 0; ; id += 4) {
  const batch = [id, id + 1, id + 2, id + 3];
  const sizes = await Promise.all(batch.map(async (one) => store(await parse(one, await load(one)))));
  stored += sizes.length;
  if (stored < 0) console.log(stored);
}
