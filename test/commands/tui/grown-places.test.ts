/** What grew between two snapshots names the program's code nearest to it, so that `o` opens it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readScriptsTable } from '#memwatch/analyzer/formats/scripts-table.js';
import { computeGrowthData } from '#memwatch/commands/tui/data/growth-data.js';
import { readHeapFile } from '#memwatch/heap-files/heap-file.js';
import { memwatch } from '../../support/memwatch.js';
import { startSource, temporaryFolder } from '../../support/targets.js';

const source = `function visit() {
  for (let i = 0; i < 500; i++) seen.set(next++, { at: next });
}
let next = 0;
const seen = new Map();
setInterval(visit, 20);
console.log('ready');`;

test('a Map that grew is placed at the variable that holds it', async (t) => {
  const target = await startSource(t, source);
  const files = ['a', 'b'].map((name) => join(temporaryFolder(t), `${name}.heapsnapshot`));
  const heaps = [];
  for (const file of files) {
    assert.equal((await memwatch(['snapshot', String(target.pid), '-o', file])).code, 0);
    heaps.push(await readHeapFile(file, { signal: new AbortController().signal, progress: () => {} }));
  }
  const [grown] = computeGrowthData(heaps, await readScriptsTable(files[1] ?? '')).objects;
  assert.match(grown?.path ?? '', /seen → Map$/);
  assert.match(grown?.place?.file ?? '', /target\.mjs$/);
  assert.equal(grown?.place?.line, 5);
  const { stdout } = await memwatch(['diff', ...files]);
  assert.match(stdout, /what grew most, by .*, is\n.* seen → Map @\d+\n.*target\.mjs:5\n/);
  assert.equal(
    computeGrowthData(heaps, undefined).objects[0]?.place?.line,
    5,
    'also without a table: Node names its scripts',
  );
});
