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
import { eventually } from '../support/waiting.js';

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

test('a turn that the probe makes too long is told from the end of the target, which removes the breakpoints itself', async (t) => {
  const script = join(temporaryFolder(t), 'long.cjs');
  writeFileSync(
    script,
    `let sum = 0;
    function work(i) {
      sum += i;
      return sum;
    }
    function turn() {
      const begun = performance.now();
      for (let i = 0; i < 5000; i++) work(i);
      if (performance.now() - begun > 200) { // its breakpoints are set
        while (performance.now() < begun + 12_000) work(1);
        setTimeout(() => console.log('turned'));
      }
      setTimeout(turn, 50);
    }
    turn();
    console.log('ready');`,
  );
  const target = await startScript(t, script, { node: 26 });
  const attachment = await attach({ kind: 'pid', pid: target.pid, worker: undefined });
  const work = await findLiveFunction(attachment, parseSelector(`${script}:work`));
  const probing = captureProbe(attachment, work, { durationMs: 500, maxHits: 1000, patienceMs: 5000 });
  await assert.rejects(probing, /still runs the function in the same turn/);
  await attachment.detach();
  await eventually('the turn ends', () => /turned/.test(target.output()), 60_000);
  assert.deepEqual([target.child.exitCode, target.child.signalCode], [null, null], target.output());
});
