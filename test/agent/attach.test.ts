import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attach } from '#memwatch/agent/attach.js';
import { listeningPorts } from '#memwatch/agent/sockets.js';
import { testedMajors } from '../support/nodes.js';
import { startSource } from '../support/targets.js';

for (const node of testedMajors) {
  for (const kind of ['mjs', 'cjs'] as const) {
    test(`attaching to a ${kind} target on Node ${node} and detaching leaves no inspector behind`, async (t) => {
      const target = await startSource(t, `setInterval(() => {}, 50); console.log('ready')`, { node, kind });
      const attachment = await attach({ kind: 'pid', pid: target.pid, worker: undefined });
      const pid = await attachment.session.send('Runtime.evaluate', { expression: 'process.pid', returnByValue: true });
      assert.equal(pid.result.value, target.pid);
      await attachment.detach();
      for (let waited = 0; listeningPorts(target.pid).length > 0 && waited < 3000; waited += 20) {
        await new Promise((go) => setTimeout(go, 20));
      }
      assert.deepEqual(listeningPorts(target.pid), []);
      assert.equal(target.child.exitCode, null);
    });
  }
}
