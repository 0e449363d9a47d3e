// node serve.mjs CASE [operations per second]: runs a case for ever, as a service under load would.
import { setTimeout as sleep } from 'node:timers/promises';

const [name, perSecond = '500'] = process.argv.slice(2);
const { setup, iterate } = await import(`./${name}.mjs`);
const context = await setup?.();
console.log(`ready ${process.pid}`);
const batch = Math.max(1, Math.round(Number(perSecond) / 50));
for (let i = 0; ;) {
  for (const end = i + batch; i < end; i++) await iterate(context, i);
  await sleep(20);
}
