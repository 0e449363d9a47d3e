/** What makes V8 drop a target's code costs a loop that does not end nothing once memwatch has gone. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memwatch } from '../support/memwatch.js';
import { testedMajors } from '../support/nodes.js';
import { startScript, temporaryFolder } from '../support/targets.js';
import { eventually } from '../support/waiting.js';

for (const node of testedMajors) {
  for (const [command, ...options] of [['dump'], ['cpu', '-d', '300ms', '--calls']] as const) {
    test(`on Node ${node}, V8 inlines again what a stuck loop calls after ${command} ${options.join(' ')}`, async (t) => {
      const script = join(temporaryFolder(t), 'target.cjs');
      writeFileSync(
        script,
        `const rows = Array.from({ length: 1000 }, (_, i) => i * 1.5);
        const inner = (x) => x * 2, middle = (x) => inner(x) + 1;
        function stuck() {
          for (let sum = 0; ; sum %= 1e15) for (let i = 0; i < rows.length; i++) sum += middle(rows[i]);
        }
        console.log('ready');
        stuck();`,
      );
      const target = await startScript(t, script, { node, flags: ['--trace-turbo-inlining'] });
      const inlined = () => target.output().match(/^Inlining .*SharedFunctionInfo middle>. into .*SharedFunctionInfo stuck>/gm)?.length ?? 0; // prettier-ignore
      await eventually('the loop is optimised', () => inlined() > 0, 30_000);
      const before = inlined();
      const run = await memwatch([command, String(target.pid), ...options]);
      assert.match(run.stdout, /get\.cjs/, run.stderr);
      // its code was dropped, and compiled for the last time before memwatch left
      assert.ok(inlined() > before, target.output().slice(-2000));
    });
  }
}
