import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memwatch } from '../support/memwatch.js';
import { nodeBinary, outerMajors } from '../support/nodes.js';
import { repository } from '../support/paths.js';

interface Line {
  source: string;
  hits: number;
  timeUs: number;
  incrementBytes: number;
  externalBytes: number;
}

for (const node of outerMajors) {
  test(`every line of samples/line-costs costs on Node ${node} what its first lines say`, async () => {
    const script = repository('samples/dist/line-costs.js');
    const run = await memwatch(['lines', '--json', 'line-costs.ts:importOrders', '--', nodeBinary(node), script]);
    assert.equal(run.code, 0, run.stderr);
    const [{ lines }] = (JSON.parse(run.stdout) as { functions: [{ lines: Line[] }] }).functions;
    const line = (text: string): Line =>
      lines.find(({ source }) => source.includes(text)) ?? assert.fail(`no ${text} in ${run.stdout}`);
    assert.deepEqual(
      lines.filter(({ hits }) => hits !== 10).map(({ source }) => source),
      [],
    );
    const eachBytes = line('const file').externalBytes / 10;
    assert.ok(Math.abs(eachBytes / 10_485_760 - 1) < 0.01, `a Buffer of 10 MiB: ${eachBytes}`);
    const arrayBytes = line('const totals').incrementBytes / 10;
    assert.ok(Math.abs(arrayBytes / 1_048_592 - 1) < 0.15, `an array of 1 MB: ${arrayBytes}`);
    const ratio = line('checksum(file, 4)').timeUs / line('checksum(file, 1)').timeUs;
    assert.ok(ratio > 1.5, `four times the work took ${ratio} times the time`);
    const all = lines.reduce((sum, { timeUs }) => sum + timeUs, 0);
    assert.ok(line('await sleep').timeUs < all / 4, `it waits 200 ms: ${line('await sleep').timeUs} us of ${all}`);
  });
}
