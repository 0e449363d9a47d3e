// node --expose-gc corpus-capture.mjs CASE-FILE FOLDER [SNAPSHOTS]: runs a case in rounds and writes a snapshot after each.
import { writeHeapSnapshot } from 'node:v8';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [file, folder, snapshots = '4'] = process.argv.slice(2);
const { setup, iterate, iterations } = await import(pathToFileURL(file).href);
const context = await setup?.();
let operation = 0;
const round = async () => {
  for (const end = operation + iterations; operation < end; operation++) await iterate(context, operation);
  await sleep(20);
};
await round();
await round();
for (let k = 1; k <= Number(snapshots); k++) {
  await round();
  globalThis.gc();
  writeHeapSnapshot(join(folder, `${k}.heapsnapshot`));
}
console.log(JSON.stringify({ iterations }));
process.exit(0);
