import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attach, withAttachment } from '#memwatch/agent/attach/attach.js';
import { callOn, evaluate, evaluateRemote } from '#memwatch/agent/session/evaluate.js';
import { findInspector } from '#memwatch/agent/attach/inspector.js';
import { testedMajors } from '../support/nodes.js';
import { printedLine, startScript, startSource, temporaryFolder, type StartedTarget } from '../support/targets.js';
import { eventually, noPortOpen } from '../support/waiting.js';

const idle = `setInterval(() => {}, 50); console.log('ready')`;
const pidTarget = ({ pid }: StartedTarget, worker?: string) => ({ kind: 'pid', pid, worker }) as const;

/** Everything of memwatch that a program could notice. */
const traces = (): { guard: boolean; debugPort: number; keys: number } => ({
  guard: Reflect.get(process, Symbol.for('memwatch')) !== undefined,
  debugPort: process.debugPort,
  keys: Reflect.ownKeys(globalThis).length + Reflect.ownKeys(process).length,
});

for (const node of [18, ...testedMajors] as const) {
  for (const kind of ['mjs', 'cjs'] as const) {
    test(`a ${kind} target on Node ${node} is as it was after attach and detach, twice`, async (t) => {
      const program = `setInterval(() => {}, 50); const look = ${String(traces)};
        process.on('SIGUSR2', () => console.log('traces', JSON.stringify(look()))); look(); console.log('ready')`;
      const target = await startSource(t, program, { node, kind });
      for (let round = 1; round <= 2; round++) {
        const attachment = await attach(pidTarget(target));
        assert.equal(attachment.opened, true);
        assert.equal(attachment.nodeVersion.split('.')[0], `v${node}`);
        assert.equal(await evaluate(attachment.session, () => process.pid), target.pid);
        await attachment.detach();
        await noPortOpen(target.pid);
      }
      target.child.kill('SIGUSR2');
      await printedLine(target, /traces (.*)\n/);
      const seen = JSON.parse(/traces (.*)\n/.exec(target.output())?.[1] ?? '') as ReturnType<typeof traces>;
      assert.equal(seen.guard, false);
      assert.equal(seen.debugPort, 9229);
      assert.equal(target.child.exitCode, null);
    });
  }
}

test('code that memwatch runs in a target has its name there, so that a profile can distinguish it from the program', async (t) => {
  const target = await startSource(t, idle);
  await withAttachment(pidTarget(target), {}, async ({ session }) => {
    const stack = await evaluate(session, () => new Error('here').stack ?? '');
    assert.match(stack, /\(?memwatch:in-target:\d+:/);
    const place = await evaluateRemote(session, () => ({ here: true }));
    assert.match(await callOn(session, place, () => new Error('here').stack ?? ''), /memwatch:in-target:\d+:/);
  });
});

test('a program whose path has line breaks, control characters or backslashes is attached to, and closed again', async (t) => {
  for (const name of ['line\nbreak', 'back\\slash', 'esc\x1b[2J', 'a\n  "webSocketDebuggerUrl": "ws:x"\n']) {
    const cwd = join(temporaryFolder(t), name);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'target.cjs'), idle);
    const target = await startScript(t, 'target.cjs', { cwd });
    await withAttachment(pidTarget(target), {}, async ({ session }) =>
      assert.equal(await evaluate(session, () => process.pid), target.pid, name),
    );
    await noPortOpen(target.pid);
  }
});

test('two processes that would both open port 9229 are attached to at once', async (t) => {
  const targets = await Promise.all([22, 24].map((node) => startSource(t, idle, { node: node as 22 | 24 })));
  const attachments = await Promise.all(targets.map((target) => attach(pidTarget(target))));
  const pids = await Promise.all(attachments.map(({ session }) => evaluate(session, () => process.pid)));
  assert.deepEqual(
    pids,
    targets.map(({ pid }) => pid),
  );
  await Promise.all(attachments.map((attachment) => attachment.detach()));
  for (const { pid } of targets) await noPortOpen(pid);
});

test('two memwatches look at one process, and the inspector stays open until the last one leaves', async (t) => {
  const target = await startSource(t, idle, { node: 24 });
  const first = await attach(pidTarget(target));
  const second = await attach(pidTarget(target));
  await first.detach();
  assert.equal(await evaluate(second.session, () => process.pid), target.pid);
  await second.detach();
  await noPortOpen(target.pid);
});

test('an inspector that was open before is used as it is, and left open', async (t) => {
  const target = await startSource(t, idle, { node: 22, flags: ['--inspect=127.0.0.1:0'] });
  const before = await findInspector(target.pid);
  await withAttachment(pidTarget(target), {}, async (attachment) => assert.equal(attachment.opened, false));
  assert.notEqual(before, undefined);
  assert.equal(await findInspector(target.pid), before);
});

test('a target is named by host and port, and by its WebSocket address', async (t) => {
  const target = await startSource(t, idle, { node: 24, flags: ['--inspect=127.0.0.1:0'] });
  const url = (await findInspector(target.pid)) ?? '';
  const port = Number(new URL(url).port);
  const targets = [
    { kind: 'address', host: '127.0.0.1', port, worker: undefined },
    { kind: 'webSocket', url },
  ] as const;
  for (const named of targets) {
    await withAttachment(named, {}, async (attachment) => assert.equal(attachment.pid, target.pid));
  }
});

test('a target that is busy in an endless loop is attached to and left', async (t) => {
  for (const node of [20, 26] as const) {
    const busy = `console.log('ready'); setTimeout(() => { for (;;) Math.sqrt(2); }, 50)`;
    const target = await startSource(t, busy, { node });
    await withAttachment(pidTarget(target), {}, async ({ session }) => {
      assert.equal(await evaluate(session, () => process.pid), target.pid);
    });
    await noPortOpen(target.pid);
    assert.equal(target.child.exitCode, null);
  }
});

test('what fails half-way detaches', async (t) => {
  const target = await startSource(t, idle, { node: 20 });
  const undone: string[] = [];
  const failing = withAttachment(pidTarget(target), {}, async (attachment) => {
    attachment.onDetach(() => void undone.push('first'));
    attachment.onDetach(() => void undone.push('second'));
    await evaluate(attachment.session, () => {
      throw new Error('half-way');
    });
  });
  await assert.rejects(failing, { code: 'target-error', message: /half-way/ });
  assert.deepEqual(undone, ['second', 'first']);
  await noPortOpen(target.pid);
});

for (const node of testedMajors) {
  test(`a Node ${node} target that ends while it is looked at waits for the profile, and keeps its exit code`, async (t) => {
    const program = `process.on('SIGUSR2', () => process.exit(3)); ${idle}`;
    const target = await startSource(t, program, { node });
    const attachment = await attach(pidTarget(target));
    await attachment.session.send('Profiler.enable');
    await attachment.session.send('Profiler.start');
    target.child.kill('SIGUSR2');
    await eventually('the target is at its end', () => attachment.ending.aborted);
    const { profile } = await attachment.session.send('Profiler.stop');
    assert.notEqual(profile.nodes.length, 0);
    await attachment.detach();
    assert.equal(await target.exited, 3);
  });
}

test('for a target that was killed there is an error that says so, and no wait', async (t) => {
  const target = await startSource(t, idle, { node: 24 });
  const attachment = await attach(pidTarget(target));
  const answer = evaluate(attachment.session, 'new Promise(() => {})', [], { awaitPromise: true });
  target.child.kill('SIGKILL');
  await assert.rejects(answer, { code: 'disconnected' });
  await eventually('the attachment notices', () => attachment.ending.aborted);
  await attachment.detach();
});

test('worker threads are listed, and are targets by id and by name', async (t) => {
  for (const node of testedMajors) {
    const program = `import { Worker } from 'node:worker_threads';
      const source = 'setInterval(() => {}, 50); require("node:worker_threads").parentPort.postMessage(1)';
      let up = 0;
      for (const name of ['alpha', 'beta']) new Worker(source, { eval: true, name }).once('message', () => {
        if (++up === 2) console.log('ready');
      });`;
    const target = await startSource(t, program, { node });
    const threadId = (): number => process.getBuiltinModule('node:worker_threads').threadId;
    await withAttachment(pidTarget(target), {}, async (attachment) => {
      const ids = (await attachment.workers()).map(({ id }) => id);
      assert.deepEqual(ids.toSorted(), ['1', '2']);
    });
    for (const worker of ['2', 'beta']) {
      await withAttachment(pidTarget(target, worker), {}, async (attachment) => {
        assert.equal(await evaluate(attachment.session, threadId), 2);
        assert.equal(await evaluate(attachment.main, threadId), 0);
      });
    }
    await assert.rejects(attach(pidTarget(target, '7')), { code: 'not-found' });
    await noPortOpen(target.pid);
  }
});

test('workers that start while memwatch is attached are in the list, and gone from it when they end', async (t) => {
  for (const node of testedMajors) {
    const program = `import { Worker } from 'node:worker_threads';
      const source = 'require("node:worker_threads").parentPort.once("message", () => process.exit())';
      const start = (name) => new Worker(source, { eval: true, name });
      const first = start('first');
      process.on('SIGUSR2', () => {
        const later = start('later');
        later.once('exit', () => console.log('the later one has ended'));
        setTimeout(() => later.postMessage('end'), 1000);
      });
      first.once('online', () => console.log('ready'));`;
    const target = await startSource(t, program, { node });
    await withAttachment(pidTarget(target), {}, async (attachment) => {
      const titles = async (): Promise<string[]> => (await attachment.workers()).map(({ title }) => title);
      assert.deepEqual(await titles(), ['[worker 1] first']);
      target.child.kill('SIGUSR2');
      await eventually(`the later worker is listed on Node ${node}`, async () => (await titles()).length === 2);
      await printedLine(target, /the later one has ended/);
      await eventually('it is no longer listed', async () => (await titles()).length === 1);
    });
    await noPortOpen(target.pid);
  }
});
