/** `lines --probe` in code that is hard to count through V8's debugger: the counts are right, and the process lives. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attach } from '#memwatch/agent/attach/attach.js';
import { findLiveFunction } from '#memwatch/agent/lines/live-function.js';
import { captureProbe } from '#memwatch/agent/lines/probe.js';
import { parseSelector } from '#memwatch/agent/lines/selector.js';
import { awkwardCode, awkwardFunctions, wrongCounts } from '../support/awkward-code.js';
import { testedMajors } from '../support/nodes.js';
import { startScript, temporaryFolder } from '../support/targets.js';

const limits = { durationMs: 150, maxHits: 1e6, patienceMs: 60_000 };

for (const node of testedMajors) {
  test(`on Node ${node}, lines of switches, loops, generators and classes are counted as often as they run`, async (t) => {
    const script = join(temporaryFolder(t), 'awkward.cjs');
    writeFileSync(script, awkwardCode);
    const target = await startScript(t, script, { node });
    const attachment = await attach({ kind: 'pid', pid: target.pid, worker: undefined });
    const probe = async (name: string) =>
      captureProbe(attachment, await findLiveFunction(attachment, parseSelector(`${script}:${name}`)), limits);
    for (const { name, callsInPart } of awkwardFunctions) {
      const { counted, ended } = await probe(name);
      assert.equal(ended, 'time', name);
      assert.deepEqual(wrongCounts(counted.lines, callsInPart), [], name);
      assert.ok((counted.calls ?? 0) > 0, name);
    }
    // a breakpoint in it would make its super() throw
    await assert.rejects(probe('Cube.constructor'), /Cube\.constructor is not probed/);
    await attachment.detach();
    assert.deepEqual([target.child.exitCode, target.child.signalCode], [null, null], target.output());
  });
}
