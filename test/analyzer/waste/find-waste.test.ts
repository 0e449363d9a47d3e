/** Each kind of waste against the program that has it and its mended twin: the saving is what the twin really saves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readHeapSnapshot } from '#memwatch/analyzer/formats/heapsnapshot.js';
import { Heap } from '#memwatch/analyzer/heap/heap.js';
import { findWaste } from '#memwatch/analyzer/waste/find-waste.js';
import { nodeBinary, type NodeMajor } from '../../support/nodes.js';
import { temporaryFolder } from '../../support/targets.js';
import { planted, sourceOf } from './programs.js';

/** The others have the same layout of objects; all four are tried with MEMWATCH_ALL_NODES=1. */
const majors: readonly NodeMajor[] = process.env['MEMWATCH_ALL_NODES'] === '1' ? [20, 22, 24, 26] : [20, 24];

const wasteOf = async (t: TestContext, major: NodeMajor, kind: string, isMended: boolean) => {
  const folder = temporaryFolder(t);
  const [program, snapshot] = [join(folder, 'program.mjs'), join(folder, 'program.heapsnapshot')];
  writeFileSync(program, sourceOf(kind, isMended));
  execFileSync(nodeBinary(major), [program, snapshot], { timeout: 60_000 });
  return findWaste(new Heap(await readHeapSnapshot(snapshot)));
};

for (const major of majors) {
  for (const kind of Object.keys(planted)) {
    test(`${kind} on Node ${major}: the saving is that of the mended twin, in which nothing is found`, async (t) => {
      const wasteful = await wasteOf(t, major, kind, false);
      const mended = await wasteOf(t, major, kind, true);
      const saved = wasteful.totalBytes - mended.totalBytes;
      const found = wasteful.kinds.find((one) => one.kind === kind);
      const figures = `${found?.bytes} found, ${saved} saved by mending; ${JSON.stringify(wasteful.kinds.map((one) => [one.kind, one.bytes]))}`;
      t.diagnostic(figures);
      assert.ok(found !== undefined && Math.abs(found.bytes - saved) <= 0.05 * saved, figures);
      assert.deepEqual(mended.kinds.map((one) => [one.kind, one.bytes]), []); // prettier-ignore
    });
  }
}
